//! What can be typed behind `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use writeback_server::Role;
use writeback_server::keys::MasterKeySource;

const SERVE_EXAMPLES: &str = "\
Examples:
  writeback serve --data /var/lib/writeback
  writeback serve --data /var/lib/writeback --settings server.toml --listen 0.0.0.0:8420 \\
      --tls-certificate fullchain.pem --tls-key privkey.pem
  WRITEBACK_DATABASE=postgres://writeback@db/writeback writeback serve --data /var/lib/writeback \\
      --role worker --master-key env:WRITEBACK_MASTER_KEY

The first start prints a token of the installation, once: make tenants and their
tokens with it. SIGTERM lets runs end for `--drain` seconds, then hands them back.
docs/serve.md has everything else; `/docs` of the server shows its API.";

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = SERVE_EXAMPLES)]
pub struct Serve {
    /// Folder for the database, spools, compiled code and the master key; made with mode 0700.
    #[arg(long, value_name = "DIR", env = "WRITEBACK_DATA")]
    pub data: PathBuf,
    /// Use PostgreSQL instead of SQLite in the folder. Better given by the variable: others can see arguments.
    #[arg(
        long,
        value_name = "URL",
        env = "WRITEBACK_DATABASE",
        hide_env_values = true
    )]
    pub database: Option<String>,
    /// A file with that URL.
    #[arg(long, value_name = "FILE", conflicts_with = "database")]
    pub database_file: Option<PathBuf>,
    /// What this process does; may be given several times [default: all].
    #[arg(long = "role", value_enum, value_delimiter = ',', value_name = "ROLE")]
    pub roles: Vec<ServeRole>,
    /// Where to listen.
    #[arg(
        long,
        value_name = "IP:PORT",
        env = "WRITEBACK_LISTEN",
        default_value = "127.0.0.1:8420"
    )]
    pub listen: SocketAddr,
    /// A certificate chain in PEM: serve https.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// Its private key in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Where the master key is: `file:PATH`, `env:NAME` or `exec:PROGRAM ARGUMENT…` [default: `master.key` in the folder].
    #[arg(long, value_name = "SOURCE", env = "WRITEBACK_MASTER_KEY_SOURCE")]
    pub master_key: Option<MasterKeySource>,
    /// The master key that was in use before: tenants' keys are sealed anew under the current one.
    #[arg(long, value_name = "SOURCE")]
    pub previous_master_key: Option<MasterKeySource>,
    /// What the operator allows all tenants: `[egress]`, `[limits]`, `[smtp]`.
    #[arg(long, value_name = "FILE", env = "WRITEBACK_SETTINGS")]
    pub settings: Option<PathBuf>,
    /// Runs under way at a time in this process.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub slots: u32,
    /// Seconds that a worker may be silent until its runs go on elsewhere.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(5..=600))]
    pub lease: u32,
    /// Seconds that runs may go on after SIGTERM.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=3_600))]
    pub drain: u32,
    /// What this machine is called: processes of one name share the folder's spools [default: the host's name].
    #[arg(long, value_name = "NAME", env = "WRITEBACK_MACHINE")]
    pub machine: Option<String>,
    /// How to log.
    #[arg(long, value_enum, default_value = "text", env = "WRITEBACK_LOG_FORMAT")]
    pub log_format: LogFormat,
    /// Send traces to an OpenTelemetry collector: the URL of its OTLP/HTTP endpoint, as `http://collector:4318`.
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp: Option<String>,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ServeRole {
    /// Answer requests, deliver notifications.
    Api,
    /// Make runs of schedules and give them slots.
    Scheduler,
    /// Do runs.
    Worker,
}

impl From<ServeRole> for Role {
    fn from(role: ServeRole) -> Self {
        match role {
            ServeRole::Api => Self::Api,
            ServeRole::Scheduler => Self::Scheduler,
            ServeRole::Worker => Self::Worker,
        }
    }
}

/// How a service logs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}
