//! One plan: a job, what is there before it, and what goes wrong.

use std::fmt;

use serde_json::{Value, json};

use crate::random::Random;
use crate::sized::{GRID, bytes_of};

/// What SharePoint adds where a plan lets it.
pub const ADDED: &str = "added by SharePoint";

/// A plan.
#[derive(Clone)]
pub struct Plan {
    seed: u64,
    /// Rows of the DataSet, of 13 bytes.
    pub rows: u64,
    /// Old files under the name and its numbers.
    pub old: u64,
    /// Whether the new file goes beside the old one.
    pub rename: bool,
    /// Whether the library requires check-out.
    pub checkout: bool,
    /// Whether SharePoint keeps what came of a broken fragment.
    pub keep_partial: bool,
    /// Whether a locked file is evaded.
    pub evade: bool,
    /// `[upload]` and `[retry]` of the job.
    pub upload: Value,
    pub retry: Value,
    /// Rules of a fault file.
    pub faults: Vec<Value>,
}

/// Requests that a fault may hit, and the faults that such a request may meet besides those of any.
const SIMPLE: [(&str, &[Special]); 1] =
    [("PUT graph :/content", &[Special::Body, Special::Commit])];
const SESSION: [(&str, &[Special]); 4] = [
    (
        "PUT upload uploadSession",
        &[
            Special::Body,
            Special::Commit,
            Special::Session,
            Special::Ranges,
        ],
    ),
    (
        "GET upload uploadSession",
        &[Special::Session, Special::Ranges],
    ),
    ("DELETE upload uploadSession", &[]),
    ("POST graph createUploadSession", &[Special::Tokens]),
];
const ELSEWHERE: [(&str, &[Special]); 11] = [
    ("GET domo /data?", &[Special::Export, Special::Tokens]),
    ("GET domo /data?", &[Special::Export, Special::Tokens]),
    ("GET domo /data?", &[Special::Export, Special::Tokens]),
    ("GET domo METADATA", &[Special::Metadata, Special::Tokens]),
    ("ANY domo /oauth/token", &[]),
    ("POST login /token", &[]),
    ("GET graph /sites/", &[Special::Tokens]),
    ("GET graph /root:", &[Special::Tokens]),
    ("GET graph :/sales", &[]),
    ("GET graph /items/", &[]),
    ("POST graph /children", &[]),
];

/// Faults that only some requests can meet.
#[derive(Clone, Copy)]
enum Special {
    Body,
    Commit,
    Session,
    Ranges,
    Tokens,
    Export,
    Metadata,
}

impl Plan {
    /// The plan of a seed.
    pub fn from_seed(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let rows = match random.between(0, 5) {
            0 => random.between(0, 3),
            // To the byte: two fragments of 320 KiB, one record less or more.
            1 => random.between(50_411, 50_413),
            2 => random.between(25_205, 25_206),
            _ => random.between(4, 90_000),
        };
        let simple = random.once_in(3);
        let fragment = GRID * random.between(1, 3);
        let most = fragment + GRID * random.between(0, 2);
        let faults = random.between(1, 5);
        let mut plan = Self {
            seed,
            rows,
            old: random.between(0, 2),
            rename: random.once_in(2),
            checkout: random.once_in(8),
            keep_partial: random.once_in(3),
            evade: random.once_in(4),
            upload: json!({
                "simple_limit": if simple { 10_000_000 } else { 0 },
                "fragment": fragment,
                "fragment_max": most,
            }),
            retry: json!({
                "attempts": random.between(2, 6),
                "max_wait_seconds": *random.one_of(&[5, 60, 600, 600, 3700]),
                "deadline_seconds": *random.one_of(&[0, 0, 0, 10, 300]),
            }),
            faults: Vec::new(),
        };
        for number in 1..=faults {
            let fault = fault(random, simple, number, bytes_of(rows));
            plan.faults.push(fault);
        }
        plan
    }

    /// The same without one of its faults.
    pub fn without(&self, at: usize) -> Self {
        let mut plan = self.clone();
        plan.faults.remove(at);
        plan
    }

    /// The job's word for what happens to an old file.
    pub fn if_exists(&self) -> &'static str {
        if self.rename { "rename" } else { "replace" }
    }

    /// The job's word for what happens where it is locked.
    pub fn if_locked(&self) -> &'static str {
        if self.evade { "rename" } else { "fail" }
    }

    /// How often one request may be sent.
    pub fn attempts(&self) -> u64 {
        self.retry["attempts"].as_u64().expect("a number")
    }

    /// How long the job may wait.
    pub fn max_wait(&self) -> u64 {
        self.retry["max_wait_seconds"].as_u64().expect("a number")
    }

    /// Fragments of the smallest size.
    pub fn fragments(&self) -> u64 {
        bytes_of(self.rows).div_ceil(GRID)
    }
}

fn fault(random: &mut Random, simple: bool, number: u64, bytes: u64) -> Value {
    let (on, special) = match (random.once_in(3), simple) {
        (true, _) => *random.one_of(&ELSEWHERE),
        (false, true) => *random.one_of(&SIMPLE),
        (false, false) => *random.one_of(&SESSION),
    };
    let [method, service, path]: [&str; 3] = on
        .split(' ')
        .collect::<Vec<_>>()
        .try_into()
        .expect("method, service, path");
    let action = match !special.is_empty() && random.once_in(2) {
        true => {
            let kind = *random.one_of(special);
            special_action(random, kind, bytes)
        }
        false => any_action(random),
    };
    // Two exports that end alike without a line end are believed: one cut is made once.
    let cut_off = path == "/data?" && action["truncate-body"]["end"] == "clean";
    let times = match cut_off {
        true => 1,
        false => *random.one_of(&[1, 1, 1, 1, 2, 3, 7, 0]),
    };
    let mut rule = json!({
        "service": service,
        "path": path,
        "nth": *random.one_of(&[1, 1, 1, 2, 3]),
        "times": times,
        "label": format!("fault {number}"),
        "action": action,
    });
    if method != "ANY" {
        rule["method"] = json!(method);
    }
    rule
}

/// What any request may meet.
fn any_action(random: &mut Random) -> Value {
    let refusals = [
        (400, "invalidRequest"),
        (401, "unauthenticated"),
        (403, "accessDenied"),
        (404, "itemNotFound"),
        (408, "timeout"),
        (409, "resourceModified"),
        (409, "nameAlreadyExists"),
        (412, "preconditionFailed"),
        (416, "invalidRange"),
        (423, "resourceLocked"),
        (429, "activityLimitReached"),
        (500, "generalException"),
        (502, "badGateway"),
        (503, "serviceNotAvailable"),
        (504, "gatewayTimeout"),
        (507, "quotaLimitReached"),
        (509, "bandwidthLimit"),
    ];
    match random.between(0, 9) {
        0..=1 => json!("lost-reply"),
        2 => json!("reset"),
        3 => json!({ "html-maintenance": { "status": random.one_of(&[200, 200, 503]) } }),
        4 => {
            json!({ "truncate-body": { "after": random.between(0, 300), "end": random.one_of(&["reset", "clean"]) } })
        }
        _ => {
            let (status, code) = *random.one_of(&refusals);
            let pause = *random.one_of(&["", "", "1", "30", "date:+20", "3600"]);
            let headers = match pause {
                "" => json!({}),
                pause => json!({ "retry-after": pause }),
            };
            let error = json!({ "code": code, "message": "As planned." });
            json!({ "status": { "status": status, "headers": headers, "body": { "error": error } } })
        }
    }
}

fn special_action(random: &mut Random, kind: Special, bytes: u64) -> Value {
    let hook = |name: &str, value: Value| json!({ "hook": { "name": name, "value": value } });
    match kind {
        Special::Body => json!({ "cut-request": { "after": random.between(0, bytes.min(GRID)) } }),
        Special::Commit => match random.between(0, 3) {
            0 => hook("withhold-hash", json!(random.between(1, 6))),
            1 => hook("alter-hash", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
            2 => hook("alter-content", json!(ADDED)),
            _ => json!("lost-reply"),
        },
        Special::Session => match random.between(0, 3) {
            0 => hook("end-session", json!(null)),
            1 => hook("expire-url", json!(null)),
            2 => hook("refuse-last-fragment", json!(null)),
            _ => hook("refuse-last-fragment", json!(bytes % GRID)),
        },
        Special::Ranges => {
            let offset = random.between(0, bytes + GRID);
            let odd = [
                json!([]),
                json!(["0-"]),
                json!([format!("{offset}-")]),
                json!([format!("{}-", offset / GRID * GRID)]),
                json!(["?"]),
                json!(null),
            ];
            let ranges = random.one_of(&odd).clone();
            match random.once_in(4) {
                true => {
                    json!({ "patch-json": { "nextExpectedRanges": null, "NextExpectedRanges": ranges } })
                }
                false => json!({ "patch-json": { "nextExpectedRanges": ranges } }),
            }
        }
        Special::Tokens => json!("revoke-tokens"),
        Special::Export => match random.between(0, 7) {
            0 => hook("short-export", json!(random.between(1, 700))),
            1 => hook("long-export", json!(random.between(1, 700))),
            // A column too many: with the only one it could not have one too few.
            2 => hook("ragged-export", json!(null)),
            3 => hook("open-quote-export", json!(null)),
            4 => hook("sized-export", json!(null)),
            _ => json!({ "truncate-body": {
                "after": random.between(bytes / 2, bytes),
                "end": random.one_of(&["reset", "clean"]),
            } }),
        },
        Special::Metadata => random
            .one_of(&[
                json!({ "patch-json": { "deleted": true } }),
                json!({ "patch-json": { "rows": 3 } }),
                json!({ "patch-json": { "rows": null } }),
                json!({ "patch-json": { "updatedAt": "2026-11-01T00:00:00Z" } }),
            ])
            .clone(),
    }
}

impl fmt::Display for Plan {
    /// As it can be run again: by this test, or by hand.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "again: WRITEBACK_SEED={} WRITEBACK_PLANS=1 cargo test -p writeback --test suite -- plans::",
            self.seed
        )?;
        writeln!(
            f,
            "by hand: writeback simulate --rows {} --columns 1 --faults FILE",
            self.rows
        )?;
        writeln!(f, "what is there before: {} old files", self.old)?;
        writeln!(
            f,
            "SharePoint keeps parts of fragments: {}; requires check-out: {}",
            self.keep_partial, self.checkout
        )?;
        writeln!(f, "if_exists = {:?}", self.if_exists())?;
        writeln!(f, "if_locked = {:?}", self.if_locked())?;
        writeln!(f, "upload = {}\nretry = {}\nFILE:", self.upload, self.retry)?;
        write!(f, "{}", Value::from(self.faults.clone()))
    }
}
