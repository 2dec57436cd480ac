//! A plan: a job, what is there before, and what goes wrong.

use super::faults::{self, Kind};
use super::random::Random;
use crate::pieces::GRID;
use crate::world::{Moment, job, set};
use serde_json::{Value, json};
use writeback_connector::message::Method;

/// A plan.
#[derive(Clone, Debug)]
pub struct Plan {
    pub data: Data,
    /// Bytes of the file that has the name already.
    pub old: Option<usize>,
    /// Whether `sales 1.csv` is there too.
    pub numbered: bool,
    pub check_out: bool,
    pub rename: bool,
    pub simple: bool,
    pub if_locked_rename: bool,
    pub lock_wait: u64,
    pub attempts: u64,
    pub max_wait: u64,
    pub deadline: u64,
    pub latency: u64,
    pub size_only: bool,
    pub if_empty: &'static str,
    pub max_shrink: Option<f64>,
    pub folder: bool,
    /// How far the clock jumps in each pause.
    pub jumps: i64,
    pub faults: Vec<Planned>,
    /// Calls at which the machine dies, one in each run.
    pub deaths: Vec<(u32, Moment)>,
    /// Whether a failed run is taken up once more.
    pub again: bool,
}

/// What Domo holds at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    Rows,
    Empty,
    /// One row of so many bytes with the header.
    Bytes(usize),
}

/// One fault of a plan.
#[derive(Clone)]
pub struct Planned {
    pub kind: &'static Kind,
    pub skip: u32,
    pub times: u32,
}

impl std::fmt::Debug for Planned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, skip, times) = (self.kind, self.skip, self.times);
        write!(f, "{kind}, after {skip}, {times} times")
    }
}

const DAY: i64 = 86_400_000;

impl Plan {
    /// The plan of a number.
    pub fn of(seed: u64, number: u64) -> Self {
        let r = &mut Random::of(seed, number);
        let simple = r.one_in(3);
        let mut plan = Self {
            data: data(r, simple),
            old: *r.pick(&[None, Some(3), Some(200_000)]),
            numbered: r.one_in(4),
            check_out: r.one_in(5),
            rename: r.one_in(2),
            simple,
            if_locked_rename: r.one_in(2),
            lock_wait: *r.pick(&[0, 20, 300]),
            attempts: *r.pick(&[1, 2, 3, 5, 5, 5]),
            max_wait: *r.pick(&[0, 30, 600, 600, 600, 7200]),
            deadline: *r.pick(&[0, 0, 0, 60, 600]),
            latency: *r.pick(&[0, 0, 50, 5_000, 40_000]),
            size_only: r.one_in(10),
            if_empty: *r.pick(&["write", "write", "write", "skip", "fail"]),
            max_shrink: *r.pick(&[None, None, None, None, None, Some(0.5)]),
            folder: r.one_in(3),
            jumps: *r.pick(&[0, 0, 0, 0, DAY, -DAY, -20_000 * DAY]),
            faults: faults(r, simple),
            deaths: deaths(r),
            again: r.one_in(4),
        };
        // What is to be spoilt has to happen.
        let spoils = |part| plan.faults.iter().any(|fault| fault.kind.part == part);
        let (check_in, folder) = (spoils("/checkin"), spoils("/children"));
        plan.check_out |= check_in;
        plan.folder |= folder;
        if check_in || folder {
            plan.old = None;
        }
        plan
    }

    pub fn job(&self) -> Value {
        let word = |yes: bool, word: &str, other: &str| json!(if yes { word } else { other });
        let mut job = job();
        let limit = if self.simple { 99 * GRID } else { 0 };
        let values = [
            (
                "/sharepoint/if_exists",
                word(self.rename, "rename", "replace"),
            ),
            (
                "/sharepoint/if_locked",
                word(self.if_locked_rename, "rename", "fail"),
            ),
            ("/sharepoint/verify", word(self.size_only, "size", "hash")),
            ("/sharepoint/folder", word(self.folder, "Reports", "")),
            ("/sharepoint/lock_wait_seconds", json!(self.lock_wait)),
            ("/upload/simple_limit", json!(limit)),
            ("/upload/fragment", json!(GRID)),
            ("/upload/fragment_max", json!(GRID)),
            ("/retry/attempts", json!(self.attempts)),
            ("/retry/max_wait_seconds", json!(self.max_wait)),
            ("/retry/deadline_seconds", json!(self.deadline)),
            ("/guard/if_empty", json!(self.if_empty)),
            ("/guard/max_shrink", json!(self.max_shrink)),
        ];
        for (pointer, value) in values {
            set(&mut job, pointer, value);
        }
        job
    }
}

fn data(r: &mut Random, simple: bool) -> Data {
    let sizes = [GRID - 1, GRID, GRID + 1, 2 * GRID, 2 * GRID + 7];
    match (simple, r.below(10)) {
        (_, 0) => Data::Empty,
        (true, _) | (_, 1..3) => Data::Rows,
        _ => Data::Bytes(*r.pick(&sizes)),
    }
}

fn faults(r: &mut Random, simple: bool) -> Vec<Planned> {
    let count = 1 + r.below(3) as usize;
    let way = if simple { "link:" } else { ":/content" };
    // What goes wrong around the upload is most worth combining.
    let upload = !r.one_in(3);
    let mut faults = Vec::new();
    while faults.len() < count {
        let kind = r.pick(faults::KINDS.as_slice());
        // What ends a run before it begins is soon seen.
        let early = ["/sites/", "/v1/datasets/"].contains(&kind.part);
        let about = [
            "link:",
            ":/content",
            ":/sales",
            "createUploadSession",
            "/versions",
        ];
        let other = kind.part == way || (upload && !about.contains(&kind.part));
        // Cut off twice at one byte, an export is like one without a last line end.
        let cut = faults
            .iter()
            .any(|fault: &Planned| fault.kind.name == kind.name);
        if other || (early && !r.one_in(4)) || (cut && is_cut(kind)) {
            continue;
        }
        let alone = companion(r, kind, simple);
        faults.extend(alone.map(|kind| planned(r, kind)));
        faults.push(planned(r, kind));
    }
    faults
}

fn planned(r: &mut Random, kind: &'static Kind) -> Planned {
    let (skip, times) = (
        *r.pick(&[0, 0, 0, 1, 2, 3]),
        *r.pick(&[1, 1, 1, 1, 1, 2, 2, 3, 5, 99]),
    );
    Planned {
        kind,
        skip,
        times: if is_cut(kind) { 1 } else { times },
    }
}

fn is_cut(kind: &Kind) -> bool {
    [faults::CUT, faults::CUT_LATE].contains(&kind.name)
}

/// What must go wrong before, or nobody would send what this one breaks.
fn companion(r: &mut Random, kind: &Kind, simple: bool) -> Option<&'static Kind> {
    let put = if simple { ":/content" } else { "link:" };
    let leads = |other: &&'static Kind| match (kind.method, kind.part) {
        (Method::Get | Method::Delete, "link:") => {
            other.method == Method::Put && other.part == "link:"
        }
        (Method::Get, "/versions") => other.part == put && other.name.starts_with("altered"),
        (Method::Post, "/query/") => other.name == "rows lag" || other.name == "short by rows",
        _ => false,
    };
    let leading: Vec<&'static Kind> = faults::KINDS.iter().filter(leads).collect();
    match leading.is_empty() {
        true => None,
        false => Some(*r.pick(leading.as_slice())),
    }
}

fn deaths(r: &mut Random) -> Vec<(u32, Moment)> {
    let count = [0, 0, 0, 0, 1, 1, 2, 3][r.below(8) as usize];
    let death = |r: &mut Random| {
        let moment = *r.pick(&[Moment::Before, Moment::After]);
        (1 + r.below(150), moment)
    };
    (0..count).map(|_| death(r)).collect()
}
