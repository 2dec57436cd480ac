//! Diagnostics of the host on stderr, for `-v`, `-vv` or `WRITEBACK_LOG`. Never payloads, never on stdout.

use tracing_subscriber::EnvFilter;

use crate::settings::{Settings, Talk};

/// Starts the subscriber; `WRITEBACK_LOG` (a `tracing` filter) outranks the flags.
pub fn start(settings: &Settings) {
    let flags = match settings.talk {
        Talk::Quiet | Talk::Normal => "off",
        Talk::Verbose => "writeback=info,writeback_host=info",
        Talk::Debug => "writeback=debug,writeback_host=debug",
    };
    let filter = EnvFilter::try_from_env("WRITEBACK_LOG").unwrap_or_else(|_| EnvFilter::new(flags));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Plain also on a terminal: asking for colours needs a feature of the crate that is left out, and panics.
        .with_ansi(false)
        .with_target(settings.talk == Talk::Debug)
        .init();
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
        start(&settings);
        tracing_subscriber::fmt()
            .try_init()
            .expect_err("a subscriber is already there");
    }
}
