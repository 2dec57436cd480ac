//! The server as a whole: opened, its first token made, its address listened at, stopped.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::App;
use crate::api;
use crate::db::{Address, Db};
use crate::error::{Error, Result};
use crate::keys::{MasterKeySource, MasterKeys, rotate};
use crate::listen;
use crate::runner::Runner;
use crate::settings::Settings;
use crate::store::audit::{self, Entry};
use crate::store::tokens::{self, Role as TokenRole};
use crate::time::SystemClock;
use crate::tls;
use crate::work::{Role, Work};

/// What to serve.
#[derive(Debug)]
pub struct Options {
    /// Where the database is.
    pub database: Address,
    /// Where the master key comes from.
    pub master_key: MasterKeySource,
    /// The one before it, while keys are rotated.
    pub previous_master_key: Option<MasterKeySource>,
    /// What the process does.
    pub roles: Vec<Role>,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Certificate chain and private key in PEM, for TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// What the operator chose.
    pub settings: Settings,
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    app: App,
    address: SocketAddr,
    first_token: Option<Zeroizing<String>>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    working: JoinHandle<()>,
}

impl Server {
    /// Starts.
    ///
    /// # Errors
    /// The database, the keys or the address cannot be had.
    pub async fn start(options: Options, runner: Arc<dyn Runner>) -> Result<Self> {
        let db = Db::open(&options.database).await?;
        let current = options.master_key.read().await?;
        let previous = match &options.previous_master_key {
            Some(source) => Some(source.read().await?),
            None => None,
        };
        let keys = MasterKeys::new(&current, previous.as_deref().map(Vec::as_slice))?;
        let app = App::new(db, Arc::new(SystemClock), keys, runner, options.settings);
        let rotated = rotate(&app).await?;
        if rotated > 0 {
            tracing::info!(
                tenants = rotated,
                "tenants' keys were sealed anew under the current master key"
            );
        }
        let first_token = first_token(&app).await?;
        let work = Work::open(app.clone(), &options.database).await?;
        let (stop, stopped) = watch::channel(false);
        let listener = TcpListener::bind(options.listen).await;
        let listener =
            listener.map_err(Error::file(format!("cannot listen at {}", options.listen)))?;
        let address = listener
            .local_addr()
            .map_err(Error::file("the address listened at"))?;
        let router = match options.roles.contains(&Role::Api) {
            true => api::router(app.clone()),
            false => api::health(app.clone()),
        };
        let tls = match &options.tls {
            Some((chain, key)) => Some(tls::acceptor(chain, key)?),
            None => None,
        };
        let serving = tokio::spawn(listen::serve(listener, tls, router, stopped.clone()));
        let roles = options.roles;
        let working = tokio::spawn(async move { work.run(&roles, stopped).await });
        Ok(Self {
            app,
            address,
            first_token,
            stop,
            serving,
            working,
        })
    }

    /// The address that it listens at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The first token of the installation, where this start made it. It is shown now and never again.
    pub fn take_first_token(&mut self) -> Option<Zeroizing<String>> {
        self.first_token.take()
    }

    /// Takes no more requests and runs, lets what is under way end for as long as the operator chose, and hands the rest back.
    ///
    /// # Errors
    /// What ended the server before.
    pub async fn stop(self) -> Result<()> {
        let _ = self.stop.send(true);
        let failed = |cause: tokio::task::JoinError| Error::Setting(cause.to_string());
        self.working.await.map_err(failed)?;
        // Streams of events would go on for as long as somebody listens.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), self.serving).await;
        self.app.db.close().await;
        Ok(())
    }
}

async fn first_token(app: &App) -> Result<Option<Zeroizing<String>>> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if tokens::has_installation(tx.conn()).await? {
        return Ok(None);
    }
    let (row, text) = api::new_token("", "first token", TokenRole::Installation, now, None)?;
    tokens::insert(tx.conn(), &row).await?;
    let entry = Entry {
        tenant: "",
        actor: "first start",
        action: "token.create",
        subject: &row.id,
        detail: serde_json::json!({ "name": row.name, "role": row.role }),
    };
    audit::insert(tx.conn(), entry, now).await?;
    tx.commit().await?;
    Ok(Some(text))
}
