//! The proof that the connector never holds what it spends: its memory is searched at every host call and at the end,
//! while everything that a run writes is searched too. Secrets, access tokens and pre-authenticated URLs are searched
//! for, plain, in hex, in base64 and percent-encoded, whole and in pieces; planted ones show that the search finds.

mod command;
mod inspector;
mod memory;
mod sign_in;

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use tracing_subscriber::util::SubscriberInitExt;
use writeback_host::{Connector, Engine, EngineOptions};

use self::inspector::Inspector;
use crate::leak::{Seen, Watcher, everything, read_all};
use crate::needles::planted;
use crate::world::World;

/// A world whose connector is looked into.
struct Laboratory {
    world: World,
    job: Value,
    connector: Connector,
    inspector: Arc<Inspector>,
    seen: Seen,
}

impl Laboratory {
    async fn start() -> Laboratory {
        let (world, job) = World::of_three_fragments().await;
        let inspector = Inspector::new(
            world.cloud.state(),
            &[("a PFX's password", sign_in::PFX_PASSWORD)],
        );
        let looking = Arc::clone(&inspector);
        let mut options = EngineOptions::default();
        options.probe = Some(memory::probe(move |bytes| looking.look(bytes)));
        let engine = Engine::new(options).expect("an engine");
        Laboratory {
            connector: engine
                .load(writeback_component::BYTES)
                .expect("the component loads"),
            world,
            job,
            inspector,
            seen: Seen::default(),
        }
    }

    fn state(&self) -> PathBuf {
        self.world.config["state"]["dir"]
            .as_str()
            .expect("a path")
            .into()
    }

    /// Runs a job with every exit watched. `echo`: a service repeats the URL that it was sent.
    async fn run(&self, job: &Value, echo: bool) -> Result<String, String> {
        let watcher = Watcher {
            seen: self.seen.clone(),
            folder: self.state(),
            echo: echo.then(|| Arc::clone(self.world.cloud.state())),
        };
        let run = self.connector.run(self.world.tenant());
        let ended = run.progress(Arc::new(watcher)).run(&job.to_string()).await;
        self.seen.add(format!("{ended:#?}\n"));
        ended.map_err(|error| error.to_string())
    }

    /// Runs a job that must succeed, and finds nothing.
    async fn holds_nothing_of(&self, job: &Value) {
        self.run(job, false).await.expect("a receipt");
        assert_eq!(self.found(), [""; 0]);
    }

    /// What was found since, in memory and in all that was written.
    fn found(&self) -> Vec<String> {
        let found = self.inspector.take().into_iter();
        let in_memory = found.map(|what| format!("in memory: {what}"));
        let written = self.inspector.search(&self.seen.bytes()).into_iter();
        in_memory
            .chain(written.map(|what| format!("written: {what}")))
            .collect()
    }
}

// On one thread, so that the subscriber of this thread sees all.
#[tokio::test]
async fn the_connector_never_holds_what_it_spends() {
    let mut laboratory = Laboratory::start().await;
    // Two, for the reason given beside the other of these tests.
    let _second = everything(Seen::default()).set_default();
    let _guard = everything(laboratory.seen.clone()).set_default();
    let job = laboratory.job.clone();

    laboratory.holds_nothing_of(&job).await;
    // Each request is more than one call, and each call is seen before and after.
    let requests = laboratory.world.requests().len();
    let looks = laboratory.inspector.looks();
    assert!(looks > 4 * requests, "{looks} looks, {requests} requests");
    // Tokens that are refused and renewed; then a service that repeats what it was sent.
    laboratory.world.cloud.state().tokens.forget_all();
    laboratory.holds_nothing_of(&job).await;
    laboratory.run(&job, true).await.expect_err("refused");
    assert_eq!(laboratory.found(), [""; 0]);
    laboratory.world.cloud.state().faults.clear();
    let files = laboratory.world.config.clone();
    laboratory.world.keep_secrets_in_a_store();
    laboratory.holds_nothing_of(&job).await;
    laboratory.world.configure(|config| *config = files);
    sign_in::by_certificate(&mut laboratory.world);
    laboratory.holds_nothing_of(&job).await;
    let folder = TempDir::new().expect("a temporary folder");
    sign_in::by_pfx(&mut laboratory.world, folder.path());
    laboratory.holds_nothing_of(&job).await;
    sign_in::by_user(&mut laboratory.world).await;
    laboratory.holds_nothing_of(&job).await;
    sign_in::with_developer_token(&mut laboratory.world, folder.path());
    let mut job = job;
    job["domo"]["dataset"] = json!(laboratory.world.dataset("foreign").id);
    job["domo"]["owner"] = json!("enforce");
    laboratory.holds_nothing_of(&job).await;
    assert_eq!(laboratory.world.sent("GET", "/permissions").len(), 1);

    what_is_planted_is_found(&laboratory).await;
}

/// A job's input lies in the connector's memory, and a file in the state folder.
async fn what_is_planted_is_found(laboratory: &Laboratory) {
    let mut kinds = Vec::new();
    for (kind, secret) in laboratory.world.cloud.state().credentials() {
        if kinds.contains(&kind) || secret.contains("-----BEGIN") {
            continue;
        }
        kinds.push(kind);
        for (form, leak) in planted(&secret) {
            let expected = format!("{kind}, {form}");
            laboratory
                .run(&json!({ "name": leak }), false)
                .await
                .expect_err("no job");
            let found = laboratory.inspector.take();
            assert!(
                found.contains(&expected),
                "not in memory: {leak}, {found:?}"
            );

            let seen = Seen::default();
            std::fs::write(laboratory.state().join("planted"), &leak).expect("a file");
            read_all(&laboratory.state(), &seen);
            let found = laboratory.inspector.search(&seen.bytes());
            assert!(
                found.contains(&expected),
                "not in the folder: {leak}, {found:?}"
            );
        }
    }
    assert_eq!(kinds.len(), 6, "{kinds:?}");
}
