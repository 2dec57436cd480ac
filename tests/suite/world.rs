//! One simulated cloud, one tenant and the shipped component: what an end-to-end test begins with.
//!
//! Pauses cost nothing: the tenant's clock jumps. Everything else is real.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tempfile::TempDir;
use writeback_cloud::{Cloud, DatasetSummary, Fault, LogEntry, Options, StoredFile};
use writeback_host::state::{Disk, SystemDisk};
use writeback_host::{
    CancelToken, Clock, Connector, Engine, EngineOptions, Failure, Progress, RunError, Sleep,
    Tenant, TenantBuilder, config,
};

/// The world of one test.
pub struct World {
    /// The simulated Domo, Entra ID and Graph.
    pub cloud: Cloud,
    /// The tenant's configuration, as JSON.
    pub config: Value,
    /// The clock that the tenant sees.
    pub clock: Arc<JumpClock>,
    tenant: Tenant,
    folder: TempDir,
}

impl World {
    /// A world as the simulated cloud comes.
    pub async fn start() -> World {
        World::with(Options::default()).await
    }

    /// A world with another cloud.
    pub async fn with(options: Options) -> World {
        let cloud = Cloud::start(options).await.expect("the cloud starts");
        let folder = TempDir::new().expect("a temporary folder");
        let mut config = read_toml(&cloud.description().config);
        config["state"] = json!({ "dir": folder.path().join("state") });
        let clock = Arc::new(JumpClock::new());
        let tenant = tenant(&cloud, &config, &clock);
        World {
            cloud,
            config,
            clock,
            tenant,
            folder,
        }
    }

    /// The same cloud seen through another configuration.
    pub fn configure(&mut self, edit: impl FnOnce(&mut Value)) {
        edit(&mut self.config);
        self.tenant = tenant(&self.cloud, &self.config, &self.clock);
    }

    /// Builds the tenant anew from the configuration, with what the program brings of its own.
    pub fn rebuild(&mut self, bring: impl FnOnce(TenantBuilder) -> TenantBuilder) {
        let builder = builder(&self.cloud, &self.config, &self.clock);
        self.tenant = bring(builder).build().expect("a tenant");
    }

    /// Signs in to Domo with another of the cloud's clients, such as `participant`.
    pub fn sign_in_to_domo_as(&mut self, name: &str) {
        let clients = &self.cloud.description().other_domo_clients;
        let client = clients
            .iter()
            .find(|client| client.name == name)
            .expect("a client of that name")
            .clone();
        self.use_client("domo", &client.id, &client.secret);
    }

    /// Signs in to SharePoint with another of the cloud's apps, such as `sites-selected`.
    pub fn sign_in_to_sharepoint_as(&mut self, name: &str) {
        let apps = &self.cloud.description().other_entra_clients;
        let app = apps
            .iter()
            .find(|app| app.name == name)
            .expect("an app of that name")
            .clone();
        self.use_client("sharepoint", &app.id, &app.secret);
    }

    /// Gives an account another client id and secret.
    pub fn use_client(&mut self, account: &str, id: &str, secret: &str) {
        let file = self.folder.path().join(format!("{account}.secret"));
        write_secret(&file, secret);
        self.configure(|config| {
            config["accounts"][account]["client_id"] = json!(id);
            config["accounts"][account]["client_secret"] = json!({ "file": file });
        });
    }

    /// The ready job, to be edited.
    pub fn job(&self) -> Value {
        read_toml(&self.cloud.description().job)
    }

    /// The ready job for the DataSet that is special in this way.
    pub fn job_for(&self, kind: &str) -> Value {
        let mut job = self.job();
        job["domo"]["dataset"] = json!(self.dataset(kind).id);
        job
    }

    /// The first DataSet of this kind.
    pub fn dataset(&self, kind: &str) -> DatasetSummary {
        let datasets = &self.cloud.description().datasets;
        datasets
            .iter()
            .find(|dataset| dataset.kind == kind)
            .expect("a DataSet of that kind")
            .clone()
    }

    /// Runs a job.
    pub async fn run(&self, job: &Value) -> Result<Value, RunError> {
        parse(connector().run(&self.tenant).run(&job.to_string()).await)
    }

    /// Runs a job under the eyes of `progress`; `cancel` ends it.
    pub async fn run_watched(
        &self,
        job: &Value,
        progress: Arc<dyn Progress>,
        cancel: CancelToken,
    ) -> Result<Value, RunError> {
        let run = connector()
            .run(&self.tenant)
            .progress(progress)
            .cancel(cancel);
        parse(run.run(&job.to_string()).await)
    }

    /// The tenant, for what its `Debug` tells.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Runs a job that must succeed, and returns the receipt.
    pub async fn receipt(&self, job: &Value) -> Value {
        self.run(job)
            .await
            .unwrap_or_else(|error| panic!("no receipt: {error:#?}"))
    }

    /// Runs a job on a machine of its own: one with another state folder.
    pub async fn run_elsewhere(&self, job: &Value) -> Result<Value, RunError> {
        let machine = TempDir::new().expect("a temporary folder");
        let mut config = self.config.clone();
        config["state"] = json!({ "dir": machine.path().join("state") });
        let tenant = tenant(&self.cloud, &config, &self.clock);
        parse(connector().run(&tenant).run(&job.to_string()).await)
    }

    /// The tenant with its state in another folder, on another disk.
    pub fn tenant_on(&self, state: &Path, disk: Arc<dyn Disk>) -> Tenant {
        let mut config = self.config.clone();
        config["state"] = json!({ "dir": state });
        tenant_on(&self.cloud, &config, &self.clock, disk)
    }

    /// Runs a job that must fail.
    pub async fn failure(&self, job: &Value) -> Failure {
        failure(self.run(job).await)
    }

    /// Checks a job.
    pub async fn check(&self, job: &Value) -> Result<Value, RunError> {
        parse(connector().run(&self.tenant).check(&job.to_string()).await)
    }

    /// Asks for a list.
    pub async fn browse(&self, query: &Value) -> Result<Value, RunError> {
        parse(
            connector()
                .run(&self.tenant)
                .browse(&query.to_string())
                .await,
        )
    }

    /// Adds rules of what goes wrong, in the fault file's TOML.
    pub fn break_it(&self, faults: &str) {
        self.cloud
            .state()
            .faults
            .add(Fault::parse_list(faults).expect("rules"));
    }

    /// What is stored, judged from the cloud's disk.
    pub fn files(&self) -> Vec<StoredFile> {
        self.cloud.state().graph.files()
    }

    /// The file at `Finance/Documents/Reports/Daily/sales.csv`.
    pub fn file(&self, path: &str) -> StoredFile {
        let files = self.files();
        files
            .iter()
            .find(|file| file.path == path)
            .cloned()
            .unwrap_or_else(|| panic!("no `{path}` among {files:#?}"))
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<LogEntry> {
        self.cloud.state().log.since(0)
    }

    /// How often a fault of this name fired.
    pub fn fired(&self, fault: &str) -> usize {
        self.requests()
            .iter()
            .filter(|request| request.faults.iter().any(|fired| fired == fault))
            .count()
    }
}

/// The failure of a run that must not have a receipt.
pub fn failure(result: Result<Value, RunError>) -> Failure {
    match result {
        Err(RunError::Failed(failure)) => failure,
        other => panic!("expected the job to fail, got {other:#?}"),
    }
}

/// A clock on which every pause is over at once.
pub struct JumpClock {
    now: Arc<Mutex<SystemTime>>,
}

impl JumpClock {
    fn new() -> Self {
        Self {
            now: Arc::new(Mutex::new(SystemTime::now())),
        }
    }

    /// Sets the clock forward.
    pub fn forward(&self, by: Duration) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// Sets the clock back.
    pub fn back(&self, by: Duration) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) -= by;
    }
}

impl Clock for JumpClock {
    fn now(&self) -> SystemTime {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) += duration;
        Box::pin(tokio::task::yield_now())
    }
}

/// The engine of all tests.
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(EngineOptions::default()).expect("an engine"))
}

/// The shipped component, compiled once for all tests.
pub fn connector() -> &'static Connector {
    static CONNECTOR: OnceLock<Connector> = OnceLock::new();
    CONNECTOR.get_or_init(|| {
        let loaded = engine().load(writeback_component::BYTES);
        loaded.expect("the component loads")
    })
}

/// Writes a secret as the host wants it: readable by its owner alone.
pub fn write_secret(file: &Path, secret: &str) {
    let _ = fs::remove_file(file);
    let mut options = fs::OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(file);
    std::io::Write::write_all(&mut opened.expect("a new file"), secret.as_bytes())
        .expect("the secret is written");
}

fn tenant(cloud: &Cloud, config: &Value, clock: &Arc<JumpClock>) -> Tenant {
    tenant_on(cloud, config, clock, Arc::new(SystemDisk))
}

fn tenant_on(cloud: &Cloud, config: &Value, clock: &Arc<JumpClock>, disk: Arc<dyn Disk>) -> Tenant {
    let builder = builder(cloud, config, clock);
    builder.disk(disk).build().expect("a tenant")
}

fn builder(cloud: &Cloud, config: &Value, clock: &Arc<JumpClock>) -> TenantBuilder {
    let folder = cloud
        .description()
        .config
        .parent()
        .expect("a folder")
        .to_owned();
    let config = config::parse(config, &folder).unwrap_or_else(|problems| panic!("{problems}"));
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    Tenant::builder(config.into_tenant()).clock(clock)
}

fn read_toml(file: &Path) -> Value {
    let text = fs::read_to_string(file).expect("a TOML file");
    toml::from_str(&text).expect("TOML")
}

fn parse(result: Result<String, RunError>) -> Result<Value, RunError> {
    result.map(|text| serde_json::from_str(&text).expect("JSON"))
}
