//! A server with a token, a folder for files, and the command that speaks to it.

use std::ffi::OsString;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;
use writeback_client::Io;
use writeback_server::Role;
use writeback_server::db::Address;
use writeback_server::runner::{
    BoxFuture, Ended, Forgotten, Level, Order, Post, ProcessUsage, RunFailure, Runner, Step,
    TenantSetup, Usage,
};
use writeback_server::serve::{Options, Server};
use writeback_server::settings::Settings;

/// A server and what is around it.
pub struct World {
    /// Where it listens.
    pub url: String,
    /// A folder for files.
    pub folder: TempDir,
    /// The sandbox.
    pub runner: Arc<Fake>,
    /// The token of the installation.
    pub root: String,
    server: Server,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// The exit code.
    pub code: u8,
    /// On stdout.
    pub out: String,
    /// On stderr.
    pub err: String,
}

impl Said {
    /// The document on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Both streams.
    pub fn whole(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// The same, if it went well.
    #[track_caller]
    pub fn good(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.whole());
        self
    }
}

impl World {
    /// A server with no tenant yet.
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// The same over TLS, with this chain and key.
    pub async fn start_with(tls: Option<(PathBuf, PathBuf)>) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let folder = tempfile::tempdir().unwrap();
        let runner = Arc::new(Fake::default());
        let options = Options {
            database: Address::Folder(folder.path().to_owned()),
            master_key: "exec:echo AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
                .parse()
                .unwrap(),
            previous_master_key: None,
            roles: vec![Role::Api, Role::Scheduler, Role::Worker],
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls,
            settings: Settings::default(),
        };
        let mut server = Server::start(options, Arc::clone(&runner) as _)
            .await
            .unwrap();
        let root = server.take_first_token().unwrap().to_string();
        let url = format!("{scheme}://{}", server.address());
        Self {
            url,
            folder,
            runner,
            root,
            server,
        }
    }

    /// Ends the server.
    pub async fn stop(self) {
        self.runner.go.notify_waiters();
        self.server.stop().await.unwrap();
    }

    /// A server with the tenant `finance`, and the text of an admin's token of it.
    pub async fn with_tenant() -> (Self, String) {
        let world = Self::start().await;
        world.root(&["tenant", "create", "finance"]).await.good();
        let out = world.path("admin-token");
        let out = out.to_str().unwrap();
        world
            .root(&[
                "--tenant", "finance", "token", "create", "admin", "--role", "admin", "--out", out,
            ])
            .await
            .good();
        let token = std::fs::read_to_string(out).unwrap().trim().to_owned();
        (world, token)
    }

    /// What the command says to whoever has the installation.
    pub async fn root(&self, words: &[&str]) -> Said {
        self.says(&self.root, words).await
    }

    /// What the command says to whoever has this token.
    pub async fn says(&self, token: &str, words: &[&str]) -> Said {
        says(&self.url, token, words).await
    }

    /// A file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// What the command says of the server at `url`.
pub async fn says(url: &str, token: &str, words: &[&str]) -> Said {
    said(
        &[&["--server", url], words].concat(),
        &[("WRITEBACK_TOKEN", token)],
    )
    .await
}

/// What the command says with these arguments and variables.
pub async fn said(words: &[&str], variables: &[(&str, &str)]) -> Said {
    let (out, err) = (Shared::default(), Shared::default());
    let variables: Vec<(String, OsString)> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.into()))
        .collect();
    let io = Io {
        out: Box::new(out.clone()),
        err: Box::new(err.clone()),
        env: Box::new(move |name| {
            let found = variables.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        }),
        color: false,
        person: false,
    };
    let args = ["writeback"].iter().chain(words).map(OsString::from);
    let exit = writeback_client::run(args, io).await;
    Said {
        code: exit.code(),
        out: out.text(),
        err: err.text(),
    }
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A job file. `fake` tells the sandbox of the tests how its runs end.
pub fn job(fake: &str) -> String {
    format!(
        "name = \"Daily sales\"\nfake = \"{fake}\"\n\n[domo]\naccount = \"domo\"\ndataset = \"00000000-0000-0000-0000-000000000001\"\n\n\
         [sharepoint]\naccount = \"sharepoint\"\nfolder = \"Reports/{{yyyy}}\"\nsite = \"https://contoso.sharepoint.com/sites/finance\"\n\n\
         [sharepoint.filename]\ncustom = \"sales.csv\"\n"
    )
}

/// A sandbox that is none.
#[derive(Default)]
pub struct Fake {
    /// Lets a run go on that holds.
    pub go: Notify,
}

fn failure(code: &str, retry_after: Option<u64>) -> RunFailure {
    RunFailure {
        code: code.to_owned(),
        message: format!("the test says `{code}`"),
        hint: Some("ask the test".to_owned()),
        retry_after,
        limit: None,
        resumes: false,
    }
}

impl Runner for Fake {
    fn describe(&self) -> BoxFuture<'_, Result<Value, RunFailure>> {
        Box::pin(async { Ok(json!({})) })
    }

    fn run<'a>(&'a self, order: Order, cancelled: BoxFuture<'a, ()>) -> BoxFuture<'a, Ended> {
        Box::pin(async move {
            order.watch.step(Step::Exporting { bytes: 1_000 });
            order.watch.log(Level::Info, "exported 3 rows");
            let outcome = match order.job["fake"].as_str() {
                Some("done") => Ok(json!({ "outcome": "written", "rows": 3 })),
                Some("hold") => {
                    tokio::select! {
                        () = cancelled => Err(failure("cancelled", None)),
                        () = self.go.notified() => Ok(json!({ "outcome": "written" })),
                    }
                }
                Some(code) => Err(failure(code, None)),
                None => Err(failure("internal", None)),
            };
            Ended {
                outcome,
                usage: Usage::default(),
            }
        })
    }

    fn validate<'a>(
        &'a self,
        _: &'a TenantSetup,
        job: &'a Value,
    ) -> BoxFuture<'a, Result<(), RunFailure>> {
        Box::pin(async move {
            match job["fake"] == "invalid" {
                true => Err(failure("job-invalid", None)),
                false => Ok(()),
            }
        })
    }

    fn check<'a>(
        &'a self,
        _: &'a TenantSetup,
        job: &'a Value,
    ) -> BoxFuture<'a, Result<Value, RunFailure>> {
        Box::pin(async move {
            let finding = match job["fake"].as_str() {
                Some("done") => {
                    json!({ "check": "site", "status": "ok", "message": "it is there" })
                }
                _ => {
                    json!({ "check": "site", "status": "failed", "message": "it is not there", "hint": "look again", "code": "site-not-found" })
                }
            };
            Ok(json!({ "findings": [finding] }))
        })
    }

    fn browse<'a>(
        &'a self,
        _: &'a TenantSetup,
        _: &'a Value,
    ) -> BoxFuture<'a, Result<Value, RunFailure>> {
        Box::pin(async { Ok(json!({ "items": [] })) })
    }

    fn post<'a>(&'a self, _: &'a TenantSetup, _: &'a Post) -> BoxFuture<'a, Result<u16, String>> {
        Box::pin(async { Ok(204) })
    }

    fn forget<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Forgotten, String>> {
        Box::pin(async { Ok(Forgotten::default()) })
    }

    fn release<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    fn usage(&self) -> ProcessUsage {
        ProcessUsage::default()
    }
}
