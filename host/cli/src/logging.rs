//! Diagnostics of the host on stderr, for `-v`, `-vv` or `WRITEBACK_LOG`. Never payloads, never on stdout.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use writeback_server::telemetry::Telemetry;

use crate::cli::{Command, LogFormat, Serve};
use crate::error::Error;
use crate::exit::Exit;
use crate::settings::{Settings, Talk};

/// Keeps the logging up; the last traces are sent when it is dropped.
pub struct Logging {
    _telemetry: Option<Telemetry>,
}

/// Starts the subscriber; `WRITEBACK_LOG` (a `tracing` filter) outranks the flags. A service logs without being asked.
pub fn start(settings: &Settings, command: &Command) -> Result<Logging, Error> {
    match command {
        Command::Serve(serve) => service(settings, serve),
        _ => {
            verb(settings);
            Ok(Logging { _telemetry: None })
        }
    }
}

fn verb(settings: &Settings) {
    let flags = match settings.talk {
        Talk::Quiet | Talk::Normal => "off",
        Talk::Verbose => "writeback=info,writeback_host=info",
        Talk::Debug => "writeback=debug,writeback_host=debug",
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter(flags))
        .with_writer(std::io::stderr)
        // Plain also on a terminal: asking for colours needs a feature of the crate that is left out, and panics.
        .with_ansi(false)
        .with_target(settings.talk == Talk::Debug)
        .init();
}

fn service(settings: &Settings, serve: &Serve) -> Result<Logging, Error> {
    let flags = match settings.talk {
        Talk::Quiet => "warn,apalis_core=error",
        Talk::Normal | Talk::Verbose => {
            "warn,apalis_core=error,writeback=info,writeback_host=info,writeback_server=info,writeback_fleet=info"
        }
        Talk::Debug => {
            "info,writeback=debug,writeback_host=debug,writeback_server=debug,writeback_fleet=debug"
        }
    };
    let lines = layer().with_writer(std::io::stderr).with_ansi(false);
    let lines = match serve.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let telemetry = serve.otlp.as_deref().map(Telemetry::start).transpose();
    let telemetry = telemetry
        .map_err(|cause| Error::told(Exit::Configuration, "serve-failed", &cause.to_string()))?;
    tracing_subscriber::registry()
        .with(filter(flags))
        .with(lines)
        .with(telemetry.as_ref().map(Telemetry::layer))
        .init();
    Ok(Logging {
        _telemetry: telemetry,
    })
}

fn filter(flags: &str) -> EnvFilter {
    EnvFilter::try_from_env("WRITEBACK_LOG").unwrap_or_else(|_| EnvFilter::new(flags))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::paint::Paint;

    #[test]
    fn starts_whether_or_not_colours_are_on() {
        let settings = Settings {
            config: "writeback.toml".into(),
            talk: Talk::Normal,
            terminal: true,
            stdout: Paint::new(true),
            stderr: Paint::new(true),
        };
        verb(&settings);
        tracing_subscriber::fmt()
            .try_init()
            .expect_err("a subscriber is already there");
    }
}
