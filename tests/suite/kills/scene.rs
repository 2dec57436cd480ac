//! One kind of job against one cloud: killed, started again, and judged by the cloud's disk.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;
use writeback_cloud::StoredFile;
use writeback_cloud::graph::Expiry;
use writeback_host::state::RunState;

use crate::command::command;
use crate::random::Random;
use crate::sized::{GRID, ROWS_OF_THREE_FRAGMENTS};
use crate::world::World;

/// Starts of one run at most, and then it must be done.
const STARTS: u32 = 8;
const SIGKILL: i32 = 9;

/// When a process dies.
#[derive(Clone, Copy, Debug)]
pub enum Death {
    /// At the Nth crossing between component and host.
    AtCrossing(u64),
    /// At an instant that follows from this number.
    AtRandom(u64),
}

pub struct Scene {
    world: World,
    session: bool,
    rename: bool,
    config: PathBuf,
    home: TempDir,
    cases: AtomicU64,
}

impl Scene {
    pub async fn start(session: bool, rename: bool) -> Scene {
        let world = World::narrow(ROWS_OF_THREE_FRAGMENTS).await;
        // The ready configuration with the world's state folder, beside it for the sake of its secrets' files.
        let ready = &world.cloud.description().config;
        let (state, config) = (
            &world.config["state"]["dir"],
            ready.with_file_name("kills.toml"),
        );
        let text = std::fs::read_to_string(ready).expect("the ready configuration");
        std::fs::write(&config, format!("{text}\n[state]\ndir = {state}\n")).expect("a file");
        Scene {
            world,
            session,
            rename,
            config,
            home: TempDir::new().expect("a temporary folder"),
            cases: AtomicU64::new(0),
        }
    }

    /// One run, begun, killed and gone on with until it is done. Says how many processes were killed.
    pub async fn survives(&self, death: Death) -> u64 {
        let case = self.cases.fetch_add(1, Ordering::Relaxed);
        let folder = format!("Kills/{case}");
        self.an_old_file_in(&folder).await;
        // With a key, because a process may be killed between the end of its run and its own.
        let job = self.job(&folder, case);

        let mut random = Random::new(match death {
            Death::AtCrossing(crossing) => crossing,
            Death::AtRandom(seed) => seed,
        });
        let (mut kills, mut told) = (0, Vec::new());
        for start in 1..=STARTS {
            // Half of the second starts are killed as well.
            let dies = match death {
                Death::AtCrossing(_) if start > 1 => None,
                Death::AtRandom(_) if start > 2 || (start == 2 && random.once_in(2)) => None,
                death => Some(death),
            };
            let ended = self.command(&job, dies, &mut random).await;
            if ended.signal == Some(SIGKILL) {
                kills += 1;
                continue;
            }
            told.push(ended.stderr.clone());
            match (ended.code, ended.said["failure"]["code"].as_str()) {
                (Some(0), _) => {
                    let told = format!("{death:?}\n{}", told.join("\n"));
                    self.is_done(&folder, &ended.said, &told);
                    self.left_no_session(kills, &told);
                    return kills;
                }
                // Killed between the opening of a session and keeping its address: SharePoint forgets
                // the session after a quarter of an hour.
                (Some(3), Some("upload-in-progress" | "upload-failed")) => {
                    self.sessions_end();
                }
                other => panic!("{death:?}: {other:?}: {}", told.join("\n")),
            }
        }
        panic!(
            "{death:?}: not done after {STARTS} starts: {}",
            told.join("\n")
        );
    }

    /// Ends all sessions that are open, as time does, and says how many there were.
    fn sessions_end(&self) -> usize {
        self.world
            .cloud
            .state()
            .graph
            .expire_sessions(Expiry::Session)
    }

    /// A session is left only by a process that died before it could keep the address.
    fn left_no_session(&self, kills: u64, told: &str) {
        let open = self.sessions_end();
        assert!(open as u64 <= kills, "{open} sessions: {told}");
    }

    /// What was killed is done, and keeps nothing.
    pub fn left_nothing(&self) {
        let runs = self.world.tenant().runs().list().expect("the runs");
        assert!(runs.len() as u64 >= self.cases.load(Ordering::Relaxed));
        for run in runs {
            assert_eq!(
                (run.state, run.spool_bytes),
                (RunState::Done, 0),
                "{run:#?}"
            );
        }
    }

    /// What makes the ready job this one.
    fn job(&self, folder: &str, case: u64) -> Vec<String> {
        let simple = if self.session { 0 } else { 10_485_760 };
        let mode = if self.rename { "rename" } else { "replace" };
        vec![
            format!("--run-key=case-{case}"),
            format!("--set=sharepoint.folder={folder}"),
            format!("--set=sharepoint.if_exists={mode}"),
            format!("--set=upload.simple_limit={simple}"),
            "--set=retry.max_wait_seconds=2".to_owned(),
            format!("--set=upload.fragment={GRID}"),
            format!("--set=upload.fragment_max={GRID}"),
        ]
    }

    /// Another DataSet under the job's name.
    async fn an_old_file_in(&self, folder: &str) {
        let mut job = self.world.job_for("unicode-name");
        job["sharepoint"]["folder"] = json!(folder);
        self.world.receipt(&job).await;
    }

    async fn command(&self, job: &[String], dies: Option<Death>, random: &mut Random) -> Ended {
        let (config, ready) = (
            self.config.to_str(),
            self.world.cloud.description().job.to_str(),
        );
        let (config, ready) = (config.expect("UTF-8"), ready.expect("UTF-8"));
        let mut arguments = vec!["--config", config, "run", ready, "--report=json"];
        arguments.extend(job.iter().map(String::as_str));
        let mut command = command(self.home.path(), &arguments);
        if let Some(Death::AtCrossing(number)) = dies {
            command.env("WRITEBACK_DIES_AT", number.to_string());
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        if let Some(Death::AtRandom(_)) = dies {
            self.at_a_random_instant(&mut child, random).await;
            // It may be over by now.
            let _ = child.kill();
        }
        let output = tokio::task::spawn_blocking(move || child.wait_with_output());
        let output = output.await.expect("the command ends").expect("its output");
        Ended {
            code: output.status.code(),
            signal: output.status.signal(),
            said: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// So many requests on, and a little later.
    async fn at_a_random_instant(&self, child: &mut Child, random: &mut Random) {
        let log = &self.world.cloud.state().log;
        let wanted = log.arrived() + random.between(0, 24);
        while log.arrived() < wanted && child.try_wait().expect("the command").is_none() {
            tokio::task::yield_now().await;
        }
        for _ in 0..random.between(0, 1999) {
            tokio::task::yield_now().await;
        }
    }

    /// The library holds what a run without kills would have left there, and the receipt says so.
    fn is_done(&self, folder: &str, receipt: &Value, told: &str) {
        let prefix = format!("Finance/Documents/{folder}/");
        let files = self.world.cloud.state().graph.files_in(&prefix);
        let new: Vec<&StoredFile> = files
            .iter()
            .filter(|file| json!(file.quick_xor_hash) == receipt["export"]["quickxor"])
            .collect();
        assert_eq!(
            new.len(),
            1,
            "exactly one new file: {files:#?}\n{receipt:#}\n{told}"
        );
        assert_eq!(
            files.len(),
            if self.rename { 2 } else { 1 },
            "{files:#?}\n{told}"
        );
        let (file, bytes) = (new[0], self.world.dataset("plain").bytes);
        assert_eq!(file.size, bytes);
        assert_eq!(
            file.versions,
            if self.rename { 1 } else { 2 },
            "written once\n{told}"
        );
        assert_eq!(receipt["file"]["item_id"], json!(file.id), "{told}");
        assert_eq!(receipt["file"]["bytes"], json!(bytes));
        assert_eq!(receipt["file"]["quickxor"], json!(file.quick_xor_hash));
        assert_eq!(receipt["verified"], json!("hash"));
        let outcome = if self.rename { "renamed" } else { "replaced" };
        assert_eq!(receipt["outcome"], json!(outcome), "{told}");
    }
}

struct Ended {
    code: Option<i32>,
    signal: Option<i32>,
    said: Value,
    stderr: String,
}
