//! The ports over two fake services, one clock that only sleeping moves, and faults.

mod death;
mod domo;
mod fault;
mod graph;
mod ports;
mod session;
mod sharepoint;

pub use death::{Death, Moment};
pub use fault::{Act, Fault, answer, json_answer};

use serde_json::{Value, json};
use std::cell::{RefCell, RefMut};
use std::collections::HashMap;
use std::rc::Rc;
use writeback_connector::error::Failure;
use writeback_connector::message::{Content, Method, Request};
use writeback_connector::ports::{HttpError, Identity, Level, SecretError, Step, TurnError};

/// The DataSet that the world has unless a test says otherwise.
pub const DATASET: &str = "845305d8-da3d-4107-a9d6-13ef3f86d4a4";
/// Virtual start: 2026-01-01T00:00:00Z.
pub const START: u64 = 1_767_225_600_000;

/// A request as it was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub content: Content,
    pub auth: Option<String>,
    /// Milliseconds of pauses and requests before it.
    pub at: u64,
}

impl Sent {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.as_str())
    }
}

pub use sharepoint::{ADDED, Alteration, CHANGED, Entry};

/// An answer of a fake.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A turn that is not to be had at once.
pub enum Turn {
    /// Another run ends first, and leaves this behind.
    After(fn(&mut State)),
    Never(TurnError),
}

/// A blob of the fake spool.
#[derive(Default)]
pub struct Bytes {
    pub bytes: Vec<u8>,
    pub sealed: bool,
}

pub struct State {
    pub now: u64,
    pub sent: Vec<Sent>,
    /// What is to be fetched ahead.
    pub prefetched: Vec<Request>,
    pub steps: Vec<Step>,
    pub lines: Vec<(Level, String)>,
    pub blobs: HashMap<String, Bytes>,
    pub saved: Vec<Vec<u8>>,
    pub quota: u64,
    pub save_fails: bool,
    /// Turns that the run took.
    pub held: Vec<String>,
    /// What becomes of the next one.
    pub turn: Option<Turn>,
    /// Milliseconds that every request takes.
    pub latency: u64,
    /// What the clock on the wall is ahead by in pauses that are over; it may go back.
    pub jumps: i64,
    pub identities: HashMap<&'static str, Identity>,
    pub refusals: HashMap<&'static str, SecretError>,
    pub renewals: u32,
    /// Sign-ins in mid-run that find nobody.
    pub away: u32,
    pub cancel_at_sleep: bool,
    pub domo: domo::Domo,
    pub sharepoint: sharepoint::SharePoint,
    /// When the machine dies.
    pub death: Death,
    /// Milliseconds slept since the run began.
    pub slept: u64,
    pub faults: Vec<Fault>,
}

/// The world. Clones are the same world.
#[derive(Clone)]
pub struct World(pub Rc<RefCell<State>>);

impl World {
    /// A DataSet of three rows, a site `Finance` with two libraries, nothing in them.
    pub fn new() -> Self {
        let mut identities = HashMap::new();
        let owner = Identity {
            subject: Some("27".to_owned()),
            roles: vec!["Privileged".to_owned()],
            ..Identity::default()
        };
        let app = Identity {
            subject: Some("app-object-id".to_owned()),
            roles: vec!["Sites.ReadWrite.All".to_owned()],
            ..Identity::default()
        };
        identities.insert("domo", owner);
        identities.insert("sharepoint", app);
        Self(Rc::new(RefCell::new(State {
            now: START,
            sent: Vec::new(),
            prefetched: Vec::new(),
            steps: Vec::new(),
            lines: Vec::new(),
            blobs: HashMap::new(),
            saved: Vec::new(),
            quota: u64::MAX,
            save_fails: false,
            held: Vec::new(),
            turn: None,
            latency: 0,
            jumps: 0,
            identities,
            refusals: HashMap::new(),
            renewals: 0,
            away: 0,
            cancel_at_sleep: false,
            domo: domo::Domo::new(),
            sharepoint: sharepoint::SharePoint::new(),
            death: Death::default(),
            slept: 0,
            faults: Vec::new(),
        })))
    }

    pub fn state(&self) -> RefMut<'_, State> {
        self.0.borrow_mut()
    }

    /// Adds a fault: `times` requests whose method and URL match are met by `act`.
    pub fn fault(&self, method: Method, part: &str, times: u32, act: Act) {
        self.state().faults.push(Fault {
            method,
            part: part.to_owned(),
            skip: 0,
            times,
            act,
            fired: 0,
        });
    }

    /// Runs a job.
    pub fn run(&self, job: &Value) -> Result<Value, Failure> {
        let receipt = writeback_connector::writeback::run(self, &job.to_string(), None)?;
        Ok(document("receipt", &receipt))
    }

    /// Runs a job that went down, from its last checkpoint. Unsealed blobs are empty.
    pub fn resume(&self, job: &Value) -> Result<Value, Failure> {
        let saved = self.state().saved.last().cloned();
        self.state().sent.clear();
        self.state().blobs.retain(|_, blob| blob.sealed);
        let receipt =
            writeback_connector::writeback::run(self, &job.to_string(), saved.as_deref())?;
        Ok(document("receipt", &receipt))
    }

    pub fn check(&self, job: &Value) -> Result<Value, Failure> {
        let report = writeback_connector::check::check(self, &job.to_string())?;
        Ok(document("check", &report))
    }

    pub fn browse(&self, query: &Value) -> Result<Value, Failure> {
        let listing = writeback_connector::browse::browse(self, &query.to_string())?;
        Ok(serde_json::from_str(&listing).unwrap())
    }

    /// The failure of a job that must fail.
    pub fn fails(&self, job: &Value) -> Failure {
        match self.run(job) {
            Err(failure) => failure,
            Ok(receipt) => panic!("the job should fail, but: {receipt:#}"),
        }
    }

    /// Requests whose method and URL match.
    pub fn sent(&self, method: Method, part: &str) -> Vec<Sent> {
        let state = self.0.borrow();
        let matches = |sent: &&Sent| sent.method == method && sent.url.contains(part);
        state.sent.iter().filter(matches).cloned().collect()
    }

    /// The content of the file at a path below the default library.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.state().sharepoint.file(path)
    }

    /// Makes the DataSet one of so many bytes, more or less, and returns its CSV.
    pub fn large(&self, bytes: usize) -> Vec<u8> {
        let row = format!("{},x\n", "y".repeat(1021));
        let rows = bytes / row.len();
        let mut csv = b"a,b\n".to_vec();
        for _ in 0..rows {
            csv.extend_from_slice(row.as_bytes());
        }
        self.state().domo.put(DATASET, &csv, rows as u64);
        csv
    }

    /// The same with an exact number of bytes.
    pub fn exactly(&self, bytes: usize) -> Vec<u8> {
        let head = b"a,b\n";
        let mut csv = head.to_vec();
        csv.resize(bytes - 3, b'y');
        csv.extend_from_slice(b",x\n");
        self.state().domo.put(DATASET, &csv, 1);
        csv
    }

    /// How often the guest paused.
    pub fn pauses(&self) -> usize {
        let state = self.0.borrow();
        let paused = |step: &&Step| matches!(step, Step::Waiting(_));
        state.steps.iter().filter(paused).count()
    }

    /// What the guest said.
    pub fn said(&self) -> String {
        let state = self.0.borrow();
        let lines: Vec<&str> = state.lines.iter().map(|(_, text)| text.as_str()).collect();
        lines.join("\n")
    }
}

/// Reads a document and holds it against its schema.
fn document(schema: &str, text: &str) -> Value {
    let description: Value =
        serde_json::from_str(&writeback_connector::describe::describe()).unwrap();
    let document: Value = serde_json::from_str(text).unwrap();
    if let Err(error) = jsonschema::validate(&description["schemas"][schema], &document) {
        panic!("{schema}: {error} in {document:#}");
    }
    document
}

/// A job that uses every default.
pub fn job() -> Value {
    json!({
        "name": "daily sales",
        "domo": { "account": "domo", "dataset": DATASET },
        "sharepoint": {
            "account": "sharepoint",
            "site": "https://contoso.sharepoint.com/sites/Finance",
            "filename": { "custom": "sales.csv" },
        },
    })
}

/// The default job with one value changed.
pub fn with(pointer: &str, value: Value) -> Value {
    let mut job = job();
    set(&mut job, pointer, value);
    job
}

/// Changes one value, making the tables on the way.
pub fn set(job: &mut Value, pointer: &str, value: Value) {
    let mut at = job;
    for key in pointer.split('/').skip(1) {
        if at.is_null() {
            *at = json!({});
        }
        at = at
            .as_object_mut()
            .unwrap()
            .entry(key)
            .or_insert(Value::Null);
    }
    *at = value;
}

/// A job whose file goes in fragments of 320 KiB.
pub fn fragments() -> Value {
    let mut job = with("/upload/simple_limit", json!(0));
    set(&mut job, "/upload/fragment", json!(327_680));
    set(&mut job, "/upload/fragment_max", json!(327_680));
    job
}

/// What the services answer, once the faults have had their say.
pub fn serve(state: &mut State, request: &Request, content: &[u8], auth: Option<&str>) -> Answer {
    if request.url.starts_with("https://api.domo.com") {
        return domo::serve(state, request, auth);
    }
    if request.url.starts_with(domo::INSTANCE) {
        return domo::instance(state, request, auth);
    }
    graph::serve(state, request, content, auth)
}

/// A transport error as the host words it.
pub fn reset() -> HttpError {
    HttpError::Transport("connection reset by peer".to_owned())
}
