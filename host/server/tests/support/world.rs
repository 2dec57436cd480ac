//! One server of a test: its database, its clock, its fake sandbox, and people with tokens.

use std::sync::Arc;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use writeback_server::db::{Db, Kind};
use writeback_server::keys::MasterKeys;
use writeback_server::settings::Settings;
use writeback_server::time::{Clock as _, Millis};
use writeback_server::{App, Work, api};

use super::database::{Database, Dump};
use super::http::Ask;
use super::runner::eventually;
use super::worker::WorkerProcess;
use super::{Scripted, TestClock};

/// The master key of the tests.
const MASTER: [u8; 32] = [7; 32];

/// Runs a test on a database of its own, which is gone afterwards, however the test ends.
pub fn run<F: Future<Output = ()>>(kind: Kind, test: fn(World) -> F) {
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime")
    };
    let (begin, end) = (runtime(), runtime());
    let database = Arc::new(begin.block_on(Database::new(kind)));
    let held = Arc::clone(&database);
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        begin.block_on(async move { test(World::new(held).await).await });
    }));
    if let Some(database) = Arc::into_inner(database) {
        end.block_on(database.remove());
    }
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
}

/// One process of the server, with everything around it.
pub struct World {
    /// The database.
    pub database: Arc<Database>,
    /// The time.
    pub clock: Arc<TestClock>,
    /// The sandbox.
    pub runner: Arc<Scripted>,
    /// The server.
    pub app: App,
    /// The text of a token of the installation.
    pub root: String,
}

impl World {
    async fn new(database: Arc<Database>) -> Self {
        let clock = Arc::new(TestClock::default());
        let runner = Arc::new(Scripted::default());
        let app = app(&database, &clock, &runner, settings()).await;
        let root = first_token(&app).await;
        Self {
            database,
            clock,
            runner,
            app,
            root,
        }
    }

    /// Another process of the same installation, on the same database, with the same clock and sandbox.
    pub async fn another(&self) -> App {
        app(&self.database, &self.clock, &self.runner, settings()).await
    }

    /// Another process whose operator chose otherwise.
    pub async fn another_with(&self, settings: Settings) -> App {
        app(&self.database, &self.clock, &self.runner, settings).await
    }

    /// Ends the process, and starts one anew.
    pub async fn restart(&mut self) {
        self.app.db.close().await;
        self.app = self.another().await;
    }

    /// Hands to make a scheduler's passes with.
    pub async fn hands(&self) -> Work {
        self.hands_of(&self.app).await
    }

    /// The hands of another process.
    pub async fn hands_of(&self, app: &App) -> Work {
        let work = Work::open(app.clone(), &self.database.address).await;
        work.expect("a queue")
    }

    /// A process that does runs, with so many slots.
    pub async fn worker(&self, slots: u32) -> WorkerProcess {
        self.worker_with(Settings {
            slots,
            ..settings()
        })
        .await
    }

    /// A process that does runs, whose operator chose otherwise.
    pub async fn worker_with(&self, settings: Settings) -> WorkerProcess {
        let app = self.another_with(settings).await;
        WorkerProcess::start(self.hands_of(&app).await, app).await
    }

    /// Makes passes until so many runs have been given slots.
    pub async fn admit(&self, hands: &Work, runs: usize) {
        let mut admitted = 0;
        eventually("runs are admitted", async || {
            admitted += hands.admit_pass().await.expect("a pass");
            admitted >= runs
        })
        .await;
        assert_eq!(admitted, runs, "more runs than expected were admitted");
    }

    /// Waits until a run is in this state.
    pub async fn reaches(&self, tenant: &TenantWorld, run: &str, state: &str) -> Value {
        let mut last = Value::Null;
        eventually(&format!("run {run} is {state}"), async || {
            last = self.read_run(tenant, run).await;
            last["state"] == state
        })
        .await;
        last
    }

    /// Whether a worker has been heard of just now.
    pub async fn alive(&self) -> bool {
        let seen = sqlx::query("SELECT id FROM workers WHERE seen_at = $1").bind(self.clock.now());
        let seen = seen.fetch_optional(self.app.db.pool()).await;
        seen.expect("workers are read").is_some()
    }

    /// Lets time pass.
    pub fn pass(&self, time: Millis) {
        self.clock.pass(time);
    }

    /// The API.
    pub fn router(&self) -> Router {
        api::router(self.app.clone())
    }

    /// A request without a token.
    pub fn ask(&self, method: &str, path: &str) -> Ask {
        Ask::new(self.router(), method, path)
    }

    /// A request of whoever has the installation.
    pub fn root(&self, method: &str, path: &str) -> Ask {
        self.ask(method, path).token(&self.root)
    }

    /// All that the database holds.
    pub async fn dump(&self) -> Dump {
        Dump::of(&self.app.db).await
    }

    /// Makes a tenant with a token of each role.
    pub async fn tenant(&self, name: &str) -> TenantWorld {
        let made = self
            .root("POST", "/v1/tenants")
            .json(&json!({ "name": name }))
            .send()
            .await
            .expect(201);
        let id = text(&made["id"]);
        TenantWorld {
            viewer: self.token(&id, "viewer").await,
            operator: self.token(&id, "operator").await,
            admin: self.token(&id, "admin").await,
            name: name.to_owned(),
            id,
        }
    }

    /// Makes a token of a tenant.
    pub async fn token(&self, tenant: &str, role: &str) -> String {
        let made = self
            .root("POST", &format!("/v1/tenants/{tenant}/tokens"))
            .json(&json!({ "name": format!("a {role}"), "role": role }))
            .send()
            .await
            .expect(201);
        text(&made["text"])
    }

    /// Makes a job: what the API says of it.
    pub async fn job(&self, tenant: &TenantWorld, name: &str) -> Value {
        self.job_as(tenant, &job(name)).await
    }

    /// Makes a job of this content.
    pub async fn job_as(&self, tenant: &TenantWorld, content: &Value) -> Value {
        self.ask("POST", &tenant.path("jobs"))
            .token(&tenant.admin)
            .json(content)
            .send()
            .await
            .expect(201)
    }

    /// Asks for a run of a job: its identifier.
    pub async fn start(&self, tenant: &TenantWorld, job: &str) -> String {
        let run = self
            .ask("POST", &tenant.path(&format!("jobs/{job}/runs")))
            .token(&tenant.operator)
            .send()
            .await
            .expect(202);
        text(&run["id"])
    }

    /// What the API says of a run.
    pub async fn read_run(&self, tenant: &TenantWorld, run: &str) -> Value {
        self.ask("GET", &tenant.path(&format!("runs/{run}")))
            .token(&tenant.viewer)
            .send()
            .await
            .expect(200)
    }
}

/// A tenant, and the texts of its tokens.
#[derive(Clone, Debug)]
pub struct TenantWorld {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// May read.
    pub viewer: String,
    /// May start and cancel.
    pub operator: String,
    /// May change.
    pub admin: String,
}

impl TenantWorld {
    /// The path of something of the tenant.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/tenants/{}/{rest}", self.id)
    }
}

/// A job that writes a file of its own name.
pub fn job(name: &str) -> Value {
    json!({
        "name": name,
        "job": {
            "name": name,
            "domo": { "account": "domo", "dataset": "00000000-0000-0000-0000-000000000001" },
            "sharepoint": {
                "account": "sharepoint",
                "site": "https://contoso.sharepoint.com/sites/finance",
                "folder": "Reports",
                "filename": { "custom": format!("{name}.csv") },
            },
        },
    })
}

/// A text in an answer.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// As the tests want it: no test is told that it asks too often, unless it wants to be.
pub fn settings() -> Settings {
    Settings {
        requests_per_second: 1_000_000,
        request_burst: 1_000_000,
        ..Settings::default()
    }
}

async fn app(
    database: &Database,
    clock: &Arc<TestClock>,
    runner: &Arc<Scripted>,
    settings: Settings,
) -> App {
    let db = Db::open(&database.address).await.expect("a database");
    let keys = MasterKeys::new(&MASTER, None).expect("a key of 32 bytes");
    App::new(
        db,
        Arc::clone(clock) as _,
        keys,
        Arc::clone(runner) as _,
        settings,
    )
}

/// Puts a token of the installation into the database, as the first start does.
async fn first_token(app: &App) -> String {
    let secret = "a-secret-of-the-tests-with-many-letters-xyz";
    let mut tx = app.db.begin().await.expect("a transaction");
    sqlx::query("INSERT INTO tokens (id, tenant, name, role, hash, created_at) VALUES ('tok_root', '', 'root', 'installation', $1, $2)")
        .bind(URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes())))
        .bind(app.clock.now())
        .execute(tx.conn())
        .await
        .expect("a token");
    tx.commit().await.expect("it is there");
    format!("wbk_root.{secret}")
}
