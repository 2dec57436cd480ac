//! Runs a plan and judges it by what is on the cloud's disk and in its log.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use writeback_cloud::graph::SessionRules;
use writeback_cloud::{Fault, LogEntry, Options, StoredFile};
use writeback_host::{Clock as _, RunError};

use super::plan::{ADDED, Plan};
use crate::exported::{exported, sha256};
use crate::world::World;

/// What became of a plan that kept its promises.
pub struct Outcome {
    /// Faults that fired.
    pub fired: u64,
    /// The code of the failure, where there is no receipt.
    pub failure: Option<String>,
}

/// Content by path, as SHA-256.
type Shelf = BTreeMap<String, String>;

/// What is known at the end of a run.
struct Evidence<'a> {
    plan: &'a Plan,
    world: &'a World,
    before: Shelf,
    after: Vec<StoredFile>,
    log: Vec<LogEntry>,
    /// SHA-256 of the export, and of what SharePoint makes of it where a fault lets it.
    whole: String,
    altered: String,
    waited: Duration,
}

macro_rules! ensure {
    ($holds:expr, $($why:tt)*) => {
        if !$holds {
            return Err(format!($($why)*));
        }
    };
}

/// Plays a plan; the error says which promise was broken.
pub async fn play(plan: &Plan) -> Result<Outcome, String> {
    let mut world = World::with(Options {
        rows: plan.rows,
        columns: 1,
        ..Options::default()
    })
    .await;
    let job = job(plan, &world);
    for _ in 0..plan.old {
        let mut old = job.clone();
        old["domo"]["dataset"] = json!(world.dataset("unicode-name").id);
        old["sharepoint"]["if_exists"] = json!("rename");
        world.receipt(&old).await;
    }
    // Another tenant of the same configuration: it knows no token yet.
    world.configure(|_| {});
    let whole = exported(&world).await;
    let altered = sha256(&[whole.as_slice(), ADDED.as_bytes()].concat());
    let before = shelf(&world.files());
    let since = world.requests().last().map_or(0, |last| last.seq);
    arm(plan, &world);

    let started = world.clock.now();
    let ended = world.run(&job).await;
    let waited = world
        .clock
        .now()
        .duration_since(started)
        .unwrap_or_default();
    let mut log = world.requests();
    log.retain(|request| request.seq > since);
    let evidence = Evidence {
        plan,
        world: &world,
        before,
        after: world.files(),
        log,
        whole: sha256(&whole),
        altered,
        waited,
    };
    evidence
        .judge(&ended)
        .map_err(|why| format!("{why}\nit ended so: {ended:#?}"))?;
    let fired = plan
        .faults
        .iter()
        .filter(|fault| evidence.fired(&fault["label"]));
    Ok(Outcome {
        fired: fired.count() as u64,
        failure: match ended {
            Ok(_) => None,
            Err(RunError::Failed(failure)) => Some(failure.code),
            Err(other) => return Err(format!("it ended otherwise: {other:?}")),
        },
    })
}

fn job(plan: &Plan, world: &World) -> Value {
    let mut job = world.job();
    job["upload"] = plan.upload.clone();
    job["retry"] = plan.retry.clone();
    job["guard"]["if_empty"] = json!("write");
    job["sharepoint"]["if_exists"] = json!(plan.if_exists());
    job["sharepoint"]["if_locked"] = json!(plan.if_locked());
    if plan.checkout {
        job["sharepoint"]["site"] = json!("https://contoso.sharepoint.com/sites/Legal");
        job["sharepoint"]["library"] = json!("Contracts");
    }
    job
}

fn arm(plan: &Plan, world: &World) {
    let state = world.cloud.state();
    state.graph.set_session_rules(SessionRules {
        exclusive: None,
        keep_partial: Some(plan.keep_partial),
    });
    let about = format!("*/v1/datasets/{}", world.dataset("plain").id);
    let rules = Value::from(plan.faults.clone()).to_string();
    let rules = rules.replace("\"METADATA\"", &format!("\"{about}\""));
    state.faults.add(Fault::parse_list(&rules).expect("rules"));
}

fn shelf(files: &[StoredFile]) -> Shelf {
    let entry = |file: &StoredFile| (file.path.clone(), file.sha256.clone());
    files.iter().map(entry).collect()
}

impl Evidence<'_> {
    fn fired(&self, label: &Value) -> bool {
        let label = label.as_str().unwrap_or_default();
        let mut log = self.log.iter();
        log.any(|request| request.faults.iter().any(|fired| fired == label))
    }

    fn judge(&self, ended: &Result<Value, RunError>) -> Result<(), String> {
        self.disk(ended.is_ok())?;
        if let Ok(receipt) = ended {
            self.receipt(receipt)?;
        }
        self.sessions()?;
        self.budget()
    }

    /// Old or whole, and in rename mode one new file.
    fn disk(&self, landed: bool) -> Result<(), String> {
        let after = shelf(&self.after);
        let mut new = 0;
        for (path, content) in &after {
            let old = self.before.get(path);
            if old == Some(content) {
                continue;
            }
            ensure!(
                old.is_none() || !self.plan.rename,
                "`{path}` was overwritten in rename mode"
            );
            ensure!(
                *content == self.whole || (*content == self.altered && self.may_alter()),
                "`{path}` is neither the old file nor the whole new one"
            );
            new += usize::from(*content == self.whole);
        }
        let lost: Vec<_> = self
            .before
            .keys()
            .filter(|path| !after.contains_key(*path))
            .collect();
        ensure!(lost.is_empty(), "gone: {lost:?}");
        // A file that SharePoint says is another is not known again when the reply was lost as well.
        ensure!(new <= 1 || self.lies(), "{new} new files");
        ensure!(new >= 1 || !landed, "a receipt without a file");
        Ok(())
    }

    /// Whether SharePoint changed a file of the run.
    fn may_alter(&self) -> bool {
        self.hooked("alter-content")
    }

    /// Whether it says that a file of the run is another than was sent.
    fn lies(&self) -> bool {
        self.may_alter() || self.hooked("alter-hash")
    }

    fn hooked(&self, name: &str) -> bool {
        let mut faults = self.plan.faults.iter();
        faults.any(|fault| fault["action"]["hook"]["name"] == name && self.fired(&fault["label"]))
    }

    fn receipt(&self, receipt: &Value) -> Result<(), String> {
        let file = self
            .after
            .iter()
            .find(|file| receipt["file"]["item_id"] == file.id.as_str());
        let file = file.ok_or("the receipt names no file")?;
        ensure!(
            file.sha256 == self.whole,
            "the receipt names a file that is not the export"
        );
        ensure!(receipt["file"]["bytes"] == file.size, "bytes");
        ensure!(
            receipt["export"]["quickxor"] == file.quick_xor_hash.as_str(),
            "hash"
        );
        ensure!(receipt["export"]["rows"] == self.plan.rows, "rows");
        let waited = receipt["attempts"]["waited_ms"].as_u64();
        let budget = self.plan.max_wait() * 1000;
        ensure!(
            waited.is_some_and(|waited| waited <= budget),
            "it waited {waited:?} ms"
        );
        Ok(())
    }

    /// A session that is open is one that could not be closed.
    fn sessions(&self) -> Result<(), String> {
        let open: Vec<String> = {
            let store = self.world.cloud.state().graph.lock();
            store.sessions.keys().cloned().collect()
        };
        let (known, unknown): (Vec<_>, Vec<_>) = open
            .iter()
            .partition(|guid| self.log.iter().any(|request| about(request, guid)));
        for guid in known {
            let mut closings = self.log.iter();
            let tried = closings.any(|request| request.method == "DELETE" && about(request, guid));
            let in_vain =
                |request: &&LogEntry| !request.faults.is_empty() || request.status == Some(401);
            let closings = self.log.iter();
            let all = closings
                .filter(|request| request.method == "DELETE" && about(request, guid))
                .all(|request| in_vain(&request));
            ensure!(tried && all, "session {guid} could have been closed");
        }
        let openings = self.log.iter().filter(|request| {
            request.path.ends_with("/createUploadSession") && !request.faults.is_empty()
        });
        let nameless = openings.count();
        ensure!(
            unknown.len() <= nameless,
            "sessions {unknown:?} were left open"
        );
        Ok(())
    }

    fn budget(&self) -> Result<(), String> {
        let tokens = self
            .log
            .iter()
            .filter(|request| request.path.ends_with("/token"));
        // The host waits for the sign-in services by itself, a minute at most each time.
        let budget = self.plan.max_wait() + 60 * tokens.count() as u64;
        ensure!(
            self.waited.as_secs() <= budget,
            "it waited {:?}",
            self.waited
        );
        // A locked file is waited for in 5 minutes at most, every 5 s at most.
        let most = 220 + 8 * self.plan.attempts() * (self.plan.fragments() + 2);
        ensure!(self.log.len() as u64 <= most, "{} requests", self.log.len());
        Ok(())
    }
}

fn about(request: &LogEntry, guid: &str) -> bool {
    request
        .query
        .as_deref()
        .is_some_and(|query| query.contains(guid))
}
