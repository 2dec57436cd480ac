//! One run while things go wrong. A scene knows which faults were armed, and cannot end without the proof, from
//! the log behind `/_sim/requests`, that each of them fired as often as was said.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use writeback_cloud::{LogEntry, Options, StoredFile};
use writeback_host::{Clock as _, Failure};

use super::proof::{Promise, Proof, When, is};
use crate::exported::{exported, sha256};
use crate::sized::{GRID, ROWS_OF_THREE_FRAGMENTS};
use crate::world::{World, failure};

pub use super::proof::{at, from};

/// Where the ready job puts its file.
pub const TARGET: &str = "Finance/Documents/Reports/Daily/sales.csv";
/// The simple upload, a fragment, and the opening of a session.
pub const PUT: &str = "PUT graph :/content";
pub const FRAGMENT: &str = "PUT upload uploadSession";
pub const OPENING: &str = "POST graph createUploadSession";
/// The question how far a session is.
pub const STATUS: &str = "GET upload uploadSession";
/// The export.
pub const DATA: &str = "GET domo /data?";

/// Requests that one run of these files may take at most.
const SANE: usize = 80;
/// What the job's default budget lets it wait, and the host's own waiting for tokens.
const BUDGET: Duration = Duration::from_secs(600 + 60);

/// One run while things go wrong.
pub struct Scene {
    pub world: World,
    pub job: Value,
    proofs: Vec<Proof>,
    since: u64,
    exported: Vec<u8>,
    before: Vec<StoredFile>,
    started: SystemTime,
    left_open: usize,
    clock_is_sane: bool,
    promise: Promise,
}

/// What came of it.
pub struct Ended<T> {
    /// The receipt or the failure.
    pub end: T,
    pub world: World,
    requests: Vec<LogEntry>,
}

impl Scene {
    /// The ready job: one PUT of a small file.
    pub async fn simple() -> Scene {
        Self::of(World::start().await).await
    }

    /// The ready job in three fragments of 320 KiB, the last one shorter.
    pub async fn fragments() -> Scene {
        let mut scene = Self::of(World::narrow(ROWS_OF_THREE_FRAGMENTS).await).await;
        scene.job = scene.world.job_in_fragments(GRID, GRID);
        scene
    }

    /// A cloud with these options.
    pub async fn with(options: Options) -> Scene {
        Self::of(World::with(options).await).await
    }

    /// The ready job in this world.
    pub async fn of(world: World) -> Scene {
        let exported = match world.cloud.description().domo.starts_with("https:") {
            true => Vec::new(),
            false => exported(&world).await,
        };
        let mut scene = Scene {
            job: world.job(),
            proofs: Vec::new(),
            since: 0,
            exported,
            before: Vec::new(),
            started: world.clock.now(),
            left_open: 0,
            clock_is_sane: true,
            promise: Promise(false),
            world,
        };
        scene.begin();
        scene
    }

    /// The same with an old file where the new one goes.
    pub async fn over_an_old_file(mut self) -> Scene {
        let mut old = self.world.job_for("empty");
        old["guard"]["if_empty"] = json!("write");
        self.world.receipt(&old).await;
        // Another tenant of the same configuration: no token and no connection of the old file's run.
        self.world.configure(|_| {});
        self.begin();
        assert_ne!(sha256(&self.exported), self.before[0].sha256);
        self
    }

    /// What was before counts for nothing, and what is there now is old.
    fn begin(&mut self) {
        self.since = self.world.requests().last().map_or(0, |last| last.seq);
        self.before = self.world.files();
        self.started = self.world.clock.now();
    }

    /// Changes the job.
    pub fn job(mut self, pointer: &str, value: Value) -> Scene {
        let (table, key) = pointer.split_once('.').expect("table.key");
        self.job[table][key] = value;
        self
    }

    /// Breaks requests: method, service and path as in [`World::fault`], and the rule's action.
    pub fn breaks(mut self, on: &str, when: When, action: Value) -> Scene {
        let [method, service, path] = on
            .split(' ')
            .collect::<Vec<_>>()
            .try_into()
            .expect("method, service, path");
        let label = format!("{} on {on}", self.proofs.len() + 1);
        let rule = json!([{
            "method": method, "service": service, "path": path,
            "nth": when.nth, "times": when.times, "label": label, "action": action,
        }]);
        self.world.break_it(&rule.to_string());
        self.proofs.push(Proof::Fired(label, when.fires));
        self
    }

    /// Changes the cloud by one of its controls. What shows that it mattered must be said as well.
    pub fn control(self, path: &str, body: &Value) -> Scene {
        self.world.control(path, body);
        self
    }

    /// So many requests of this kind must have been answered with this status.
    pub fn answers(
        mut self,
        method: &'static str,
        path: &'static str,
        status: u16,
        times: usize,
    ) -> Scene {
        self.proofs
            .push(Proof::Answered(method, path, status, times));
        self
    }

    /// No request may have arrived at this service.
    pub fn unreached(mut self, service: writeback_cloud::Service) -> Scene {
        self.proofs.push(Proof::Unreached(service));
        self
    }

    /// So many sessions stay open because nobody could close them.
    pub fn leaves_open(mut self, sessions: usize) -> Scene {
        self.left_open = sessions;
        self
    }

    /// The clock itself is what goes wrong.
    pub fn with_a_mad_clock(mut self) -> Scene {
        self.clock_is_sane = false;
        self
    }

    /// Returns once a fault holds a request.
    pub async fn held(&self) {
        let held = |request: &LogEntry| !request.faults.is_empty();
        while !self.requests().iter().any(held) {
            tokio::task::yield_now().await;
        }
    }

    /// The run must end with a receipt, and the receipt must be true.
    pub async fn lands(self) -> Ended<Value> {
        let result = self.world.run(&self.job).await;
        self.landed(result.unwrap_or_else(|error| panic!("no receipt: {error:#?}")))
    }

    /// The run must fail with `code` and say all of `parts`, and leave everything as it was.
    pub async fn fails(self, code: &str, parts: &[&str]) -> Ended<Failure> {
        let result = self.world.run(&self.job).await;
        self.failed(failure(result), code, parts)
    }

    /// What must hold with a receipt.
    pub fn landed(self, receipt: Value) -> Ended<Value> {
        self.prove();
        let id = receipt["file"]["item_id"].as_str().expect("an item id");
        let files = self.world.files();
        let new: Vec<&StoredFile> = files.iter().filter(|file| file.id == id).collect();
        let [file] = new.as_slice() else {
            panic!("the receipt names none of {files:#?}");
        };
        if !self.exported.is_empty() {
            assert_eq!(file.sha256, sha256(&self.exported), "the file on the disk");
        }
        assert_eq!(json!(file.size), receipt["file"]["bytes"]);
        assert_eq!(json!(file.quick_xor_hash), receipt["export"]["quickxor"]);
        self.untouched(&files, Some(id));
        self.finished(receipt)
    }

    /// What must hold with a failure.
    pub fn failed(self, failure: Failure, code: &str, parts: &[&str]) -> Ended<Failure> {
        self.prove();
        crate::trouble::says(&failure, code, parts);
        if failure.message.contains("SharePoint answered ") {
            assert!(failure.message.contains("request-id `"), "{failure:?}");
        }
        let files = self.world.files();
        self.untouched(&files, None);
        self.finished(failure)
    }

    /// The files that were there before are as they were, and there is no other but the new one.
    fn untouched(&self, files: &[StoredFile], new: Option<&str>) {
        let told = |files: &[StoredFile]| -> Vec<String> {
            let others = files.iter().filter(|file| Some(file.id.as_str()) != new);
            others
                .map(|file| format!("{} {}", file.path, file.sha256))
                .collect()
        };
        assert_eq!(told(files), told(&self.before), "the other files");
    }

    fn finished<T>(mut self, end: T) -> Ended<T> {
        let open = self.world.cloud.state().graph.open_sessions();
        assert_eq!(open, self.left_open, "upload sessions that are open");
        if self.clock_is_sane {
            let waited = self.world.clock.now().duration_since(self.started);
            assert!(waited.expect("time goes on") <= BUDGET);
        }
        let requests = self.requests();
        assert!(requests.len() <= SANE, "{} requests", requests.len());
        self.promise.0 = true;
        Ended {
            end,
            world: self.world,
            requests,
        }
    }

    /// Panics unless the log shows all that must have gone wrong.
    fn prove(&self) {
        assert!(!self.proofs.is_empty(), "nothing was to go wrong");
        let requests = self.requests();
        for proof in &self.proofs {
            proof.hold(&requests);
        }
    }

    fn requests(&self) -> Vec<LogEntry> {
        let mut requests = self.world.requests();
        requests.retain(|request| request.seq > self.since);
        requests
    }
}

impl<T> Ended<T> {
    /// The run's requests of this method whose path and query contain `part`.
    pub fn sent(&self, method: &str, part: &str) -> Vec<&LogEntry> {
        let sent = self.requests.iter();
        sent.filter(|request| is(request, method, part)).collect()
    }

    /// How many those are.
    pub fn count(&self, method: &str, part: &str) -> usize {
        self.sent(method, part).len()
    }
}

impl Ended<Value> {
    /// Seconds that the run waited.
    pub fn waited(&self) -> u64 {
        let waited = self.end["attempts"]["waited_ms"].as_u64();
        waited.expect("a number") / 1000
    }
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "never fired")]
async fn a_fault_that_does_not_fire_is_no_proof() {
    let scene = Scene::simple().await;
    let never = scene.breaks(FRAGMENT, from(1), json!("reset"));
    never.lands().await;
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "nothing is proven")]
async fn a_scene_that_is_not_played_is_no_proof() {
    drop(Scene::simple().await);
}
