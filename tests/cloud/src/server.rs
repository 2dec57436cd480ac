//! Binds the four listeners and passes every request through the log and the faults to its service.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::write_config;
use crate::describe::Description;
use crate::fault::{Fault, Faults};
use crate::state::{Service, State, Urls};
use crate::{control, domo, entra, graph, tls};

mod body;
mod connection;
mod ids;

/// How the cloud is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Domo's address; login, Graph and upload take the next three ports. Port 0 or `None`: free ports of 127.0.0.1.
    pub listen: Option<SocketAddr>,
    /// Rows of each generated DataSet.
    pub rows: u64,
    /// Columns of each generated DataSet, at least 1.
    pub columns: u32,
    /// Generated DataSets.
    pub datasets: u32,
    /// Everything generated follows from it.
    pub seed: u64,
    /// How long a round trip takes: each connection, each TLS handshake and each request is held for so long.
    pub latency: Duration,
    /// Rules in force from the start.
    pub faults: Vec<Fault>,
    /// Speak `https://`; the generated CA is written to this folder as `ca.pem`.
    pub tls: Option<PathBuf>,
    /// Folder of the stored files and the ready configuration; a temporary one, removed at the end, when `None`.
    pub data: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: None,
            rows: 1000,
            columns: 8,
            datasets: 3,
            seed: 1,
            latency: Duration::ZERO,
            faults: Vec::new(),
            tls: None,
            data: None,
        }
    }
}

/// A running cloud. It stops when dropped.
pub struct Cloud {
    state: Arc<State>,
    description: Description,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
    _temporary: Option<tempfile::TempDir>,
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud")
            .field("urls", &self.state.urls)
            .finish_non_exhaustive()
    }
}

/// The connection is closed without (the rest of) a reply.
#[derive(Debug)]
pub(crate) struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection was dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

impl Cloud {
    /// Binds, writes the ready configuration, and serves.
    ///
    /// # Errors
    /// When an address is taken, or a folder cannot be written.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let (dir, temporary) = folder(&options)?;
        let tls = options.tls.as_deref().map(tls::prepare).transpose()?;
        let listeners = bind(options.listen).await?;
        let addresses = listeners.each_ref().map(|listener| listener.1);
        let state = Arc::new(build_state(options, dir, urls(&addresses, tls.is_some()))?);
        let job = write_config(
            &state,
            &addresses,
            tls.as_ref().map(|tls| tls.ca_file.as_path()),
        )?;
        let description = Description::new(&state, job);
        let (stop, stopped) = watch::channel(false);
        let control = control::router(Arc::clone(&state), description.clone());
        let mut tasks = JoinSet::new();
        for ((listener, _), (service, router)) in listeners.into_iter().zip(routers(&state)) {
            let routes = connection::Routes {
                state: Arc::clone(&state),
                service,
                router,
                control: control.clone(),
            };
            let acceptor = tls.as_ref().map(|tls| tls.acceptor.clone());
            tasks.spawn(connection::accept(
                listener,
                routes,
                acceptor,
                stopped.clone(),
            ));
        }
        Ok(Self {
            state,
            description,
            stop,
            listeners: tasks,
            _temporary: temporary,
        })
    }

    /// Where everything is and how to sign in.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The live state: faults, tokens, request log, stored files.
    pub fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Closes the listeners and every connection.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.listeners.join_next().await.is_some() {}
    }
}

fn folder(options: &Options) -> anyhow::Result<(PathBuf, Option<tempfile::TempDir>)> {
    if let Some(dir) = &options.data {
        std::fs::create_dir_all(dir)
            .with_context(|| format!("cannot create the folder `{}`", dir.display()))?;
        return Ok((dir.clone(), None));
    }
    let temporary = tempfile::Builder::new()
        .prefix("writeback-cloud-")
        .tempdir();
    let temporary = temporary.context("cannot create a temporary folder")?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

async fn bind(listen: Option<SocketAddr>) -> anyhow::Result<[(TcpListener, SocketAddr); 4]> {
    let first = listen.unwrap_or_else(|| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
    if !first.ip().is_loopback() {
        bail!(
            "`{first}` is not a loopback address: the simulated cloud tells its secrets to whoever asks"
        );
    }
    let mut bound = Vec::with_capacity(4);
    for offset in 0..4 {
        let port = match first.port() {
            0 => 0,
            port => port
                .checked_add(offset)
                .context("the next three ports are above 65535")?,
        };
        let address = SocketAddr::new(first.ip(), port);
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on `{address}`"))?;
        let address = listener.local_addr()?;
        bound.push((listener, address));
    }
    bound
        .try_into()
        .map_err(|_| anyhow::anyhow!("four listeners"))
}

fn urls(addresses: &[SocketAddr; 4], tls: bool) -> Urls {
    let scheme = if tls { "https" } else { "http" };
    let [domo, login, graph, upload] = addresses.map(|address| format!("{scheme}://{address}"));
    Urls {
        domo,
        login,
        graph,
        upload,
    }
}

fn build_state(options: Options, dir: PathBuf, urls: Urls) -> anyhow::Result<State> {
    let seed = options.seed;
    Ok(State {
        tokens: Default::default(),
        log: Default::default(),
        faults: Faults::new(options.faults.clone()),
        domo: domo::Instance::new(&options),
        entra: entra::Directory::new(),
        graph: graph::Store::new(dir.join("files"), seed)?,
        release: watch::Sender::new(0),
        options,
        urls,
        dir,
    })
}

fn routers(state: &Arc<State>) -> [(Service, Router); 4] {
    [
        (Service::Domo, domo::router(Arc::clone(state))),
        (Service::Login, entra::router(Arc::clone(state))),
        (Service::Graph, graph::router(Arc::clone(state))),
        (Service::Upload, graph::upload_router(Arc::clone(state))),
    ]
}
