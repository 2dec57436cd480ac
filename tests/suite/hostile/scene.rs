//! Where attacks happen: a cloud, a neighbour whose upload is held half-way, an attacker with accounts of
//! its own, and a server that must never hear of any of it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use writeback_cloud::{Options, Service};
use writeback_host::{Connector, Level, Progress, RunError, Step, Tenant, config};

use super::attack::Attack;
use super::foreign::Foreign;
use crate::leak::{Seen, secrets};
use crate::needles::Needles;
use crate::sized::{GRID, ROWS_OF_THREE_FRAGMENTS};
use crate::world::{World, connector, engine, write_secret};

/// The scene of a group of attacks.
pub struct Scene {
    /// The cloud, and the neighbour's tenant.
    pub world: World,
    /// A server that no account is bound to, at an address that may be connected to.
    pub foreign: Foreign,
    /// A server at an address that may not.
    pub inside: Foreign,
    neighbour: JoinHandle<Result<String, RunError>>,
    attacker: Value,
    seen: Seen,
    left_open: AtomicUsize,
    _folder: TempDir,
}

/// Says when the first bytes have gone up.
struct Begun(Notify);

impl Progress for Begun {
    fn report(&self, step: Step) {
        if matches!(step, Step::Uploading(1.., _)) {
            self.0.notify_one();
        }
    }

    fn log(&self, _: Level, _: &str) {}
}

impl Scene {
    /// A scene whose neighbour has sent the first of three fragments and waits on the second.
    pub async fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let world = World::with(Options {
            rows: ROWS_OF_THREE_FRAGMENTS,
            columns: 1,
            tls: Some(folder.path().join("tls")),
            ..Options::default()
        })
        .await;
        let neighbour = hold_an_upload(&world).await;
        let (foreign, inside) = (Foreign::start().await, Foreign::start().await);
        let attacker = accounts(&world, &foreign, &inside, folder.path().to_owned());
        Self {
            world,
            foreign,
            inside,
            neighbour,
            attacker,
            seen: Seen::default(),
            left_open: AtomicUsize::new(0),
            _folder: folder,
        }
    }

    /// Makes the attack, and says how it ended. Host and attacked tenant must be as before.
    pub async fn suffer(&self, attack: &Attack) -> String {
        if let Some(prepare) = attack.cloud {
            prepare(self);
        }
        let mut settings = self.attacker.clone();
        if let Some(edit) = attack.settings {
            edit(&mut settings);
        }
        let tenant = tenant(&settings);
        let ended = match loaded(attack.component) {
            Ok(component) => told(self.run(&component, &tenant, &(attack.job)(self)).await),
            Err(error) => error,
        };
        self.seen.add(&ended);
        let next = json!({ "attack": "nothing", "account": "sharepoint" });
        let next = self.run(&hostile(), &tenant, &next).await;
        assert_eq!(
            next,
            Ok("{}".to_owned()),
            "{}: the tenant's next run",
            attack.name
        );
        assert_eq!(
            self.runs().len(),
            1,
            "{}: only the neighbour's",
            attack.name
        );
        self.left_open
            .fetch_add(attack.leaves_open, Ordering::SeqCst);
        ended
    }

    async fn run(
        &self,
        component: &Connector,
        tenant: &Tenant,
        job: &Value,
    ) -> Result<String, RunError> {
        let watcher = Arc::new(Lines(self.seen.clone(), AtomicUsize::new(0)));
        let run = component.run(tenant).progress(watcher);
        run.run(&job.to_string()).await
    }

    /// Lets the neighbour finish and looks at everything that could have been harmed.
    pub async fn end(self) {
        self.the_attacker_still_works().await;
        assert!(
            !self.neighbour.is_finished(),
            "the neighbour was held all the time"
        );
        self.world.release();
        let receipt = self
            .neighbour
            .await
            .expect("the neighbour's task")
            .expect("a receipt");
        let receipt: Value = serde_json::from_str(&receipt).expect("JSON");
        let file = self.world.file("Finance/Documents/Reports/Daily/sales.csv");
        assert_eq!(file.size, self.world.dataset("plain").bytes);
        assert_eq!(receipt["export"]["quickxor"], json!(file.quick_xor_hash));
        assert_eq!(receipt["verified"], json!("hash"));
        assert_eq!(file.versions, 1, "written once");
        assert_eq!(self.world.files().len(), 2, "and the attacker's honest one");
        let open = self.world.cloud.state().graph.open_sessions();
        assert_eq!(
            open,
            self.left_open.into_inner(),
            "upload sessions left open"
        );
        for server in [&self.foreign, &self.inside] {
            assert_eq!(server.visits().await, 0, "nobody came");
        }
        credentials_stayed_where_they_belong(&self.world);
        let needles = Needles::of(&secrets(self.world.cloud.state()));
        let found = needles.found(self.seen.bytes());
        assert!(found.is_empty(), "{found:?}");
    }

    /// The attacker's tenant runs an honest job with the shipped component.
    async fn the_attacker_still_works(&self) {
        let mut job = self.world.job();
        job["sharepoint"]["folder"] = json!("After");
        let ended = self.run(connector(), &tenant(&self.attacker), &job).await;
        let receipt: Value = serde_json::from_str(&ended.expect("a receipt")).expect("JSON");
        let file = self.world.file("Finance/Documents/After/sales.csv");
        assert_eq!(receipt["export"]["quickxor"], json!(file.quick_xor_hash));
    }

    /// The folder of the neighbour's run: attackers keep theirs beside it.
    pub fn neighbours_folder(&self) -> PathBuf {
        self.runs().remove(0)
    }

    fn runs(&self) -> Vec<PathBuf> {
        let state = self.world.config["state"]["dir"].as_str().expect("a path");
        let entries = std::fs::read_dir(Path::new(state).join("temporary")).expect("the runs");
        entries
            .map(|entry| entry.expect("an entry").path())
            .collect()
    }
}

/// Starts the neighbour's job and returns once its second fragment is on its way.
async fn hold_an_upload(world: &World) -> JoinHandle<Result<String, RunError>> {
    world.fault("PUT upload uploadSession", 2, 1, "\"stall\"");
    let begun = Arc::new(Begun(Notify::new()));
    let run = connector()
        .run(world.tenant())
        .progress(Arc::clone(&begun) as Arc<dyn Progress>);
    let job = world.job_in_fragments(GRID, GRID).to_string();
    let neighbour = tokio::spawn(async move { run.run(&job).await });
    begun.0.notified().await;
    while world.fired("stall") == 0 {
        tokio::task::yield_now().await;
    }
    neighbour
}

/// The attacker's configuration. Its accounts work; what they are bound to is what is tested.
fn accounts(world: &World, foreign: &Foreign, inside: &Foreign, folder: PathBuf) -> Value {
    let secret = folder.join("developer-token");
    write_secret(&secret, &world.cloud.description().domo_developer_token);
    let mut config = world.config.clone();
    let config_folder = world.cloud.description().config.parent().expect("a folder");
    for account in ["domo", "sharepoint"] {
        let file = config_folder.join(format!("{account}-secret"));
        config["accounts"][account]["client_secret"] = json!({ "file": file });
    }
    config["accounts"]["undeclared"] = config["accounts"]["sharepoint"].clone();
    config["accounts"]["public"] = config["accounts"]["sharepoint"].clone();
    config["accounts"]["public"]["endpoints"] = json!({});
    for (name, graph) in [
        ("metadata", "https://169.254.169.254".to_owned()),
        (
            "renamed",
            format!("https://localhost:{}", inside.address.port()),
        ),
    ] {
        config["accounts"][name] = config["accounts"]["sharepoint"].clone();
        config["accounts"][name]["endpoints"]["graph"] = json!(format!("{graph}/v1.0"));
    }
    config["accounts"]["domo"]["instance"] = json!("acme");
    config["accounts"]["domo"]["developer_token"] = json!({ "file": secret });
    let addresses = config["egress"]["allow_addresses"]
        .as_array_mut()
        .expect("a list");
    addresses.push(json!(foreign.address.to_string()));
    config
}

fn tenant(settings: &Value) -> Tenant {
    let folder = std::path::Path::new("/");
    let config = config::parse(settings, folder).unwrap_or_else(|problems| panic!("{problems}"));
    Tenant::new(config.into_tenant()).expect("a tenant")
}

fn hostile() -> Connector {
    static HOSTILE: OnceLock<Connector> = OnceLock::new();
    let load = || {
        engine()
            .load(writeback_hostile::BYTES)
            .expect("the hostile component loads")
    };
    HOSTILE.get_or_init(load).clone()
}

fn loaded(component: &'static [u8]) -> Result<Connector, String> {
    if std::ptr::eq(component, writeback_hostile::BYTES) {
        return Ok(hostile());
    }
    engine().load(component).map_err(|error| error.to_string())
}

/// Keeps the lines that come out: so many of a run at most, and each one that a terminal only shows.
struct Lines(Seen, AtomicUsize);

/// Lines that a run may log.
const LINES: usize = 10_000;

impl Progress for Lines {
    fn report(&self, _: Step) {}

    fn log(&self, _: Level, text: &str) {
        let before = self.1.fetch_add(1, Ordering::SeqCst);
        assert!(before < LINES, "a line too many: {text}");
        assert!(!text.contains(steers), "{text:?}");
        self.0.add(format!("{text}\n"));
    }
}

/// What a terminal would obey.
fn steers(c: char) -> bool {
    c.is_control() || c == '\u{202e}'
}

/// The end of a run in one line.
fn told(ended: Result<String, RunError>) -> String {
    let text = match ended {
        Ok(receipt) => format!("done: {receipt}"),
        Err(RunError::Failed(failure)) => {
            let hint = failure.hint.map(|hint| format!("\nhint: {hint}"));
            format!(
                "{}: {}{}",
                failure.code,
                failure.message,
                hint.unwrap_or_default()
            )
        }
        Err(error) => error.to_string(),
    };
    text.replace('\n', " ")
}

/// Domo's token goes to Domo, Entra's to Graph, and upload URLs get neither.
fn credentials_stayed_where_they_belong(world: &World) {
    for request in world.requests() {
        let expected = match request.service {
            Service::Domo if request.path == "/oauth/token" => vec![Some("Basic")],
            Service::Domo => vec![Some("Bearer"), None],
            Service::Graph if request.path.starts_with("/v1.0/") => vec![Some("Bearer"), None],
            _ => vec![None],
        };
        assert!(
            expected.contains(&request.authorization.as_deref()),
            "{request:#?}"
        );
        assert!(!request.cookie, "{request:#?}");
    }
}
