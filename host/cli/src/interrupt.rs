//! Ctrl-C and SIGTERM: the first stops the run in good order, the second at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use writeback_host::CancelToken;

use crate::error::Error;
use crate::exit::Exit;
use crate::settings::{Settings, Talk};

/// A token that the first Ctrl-C or SIGTERM uses.
pub fn stop_on_signal(settings: &Settings) -> Result<CancelToken, Error> {
    let cancel = CancelToken::new();
    let (token, talk) = (cancel.clone(), settings.talk);
    Interrupt::listen()?.watch(move || {
        if talk > Talk::Quiet {
            eprintln!("stopping in good order; once more to stop at once");
        }
        token.cancel();
    });
    Ok(cancel)
}

/// The two signals that ask a process to stop.
pub struct Interrupt {
    terminal: Signal,
    service: Signal,
}

impl Interrupt {
    /// Starts listening: from here on neither signal ends the process by itself.
    pub fn listen() -> Result<Self, Error> {
        let listen = |kind| {
            signal(kind).map_err(|cause| Error::failed("cannot listen for signals").because(&cause))
        };
        Ok(Self {
            terminal: listen(SignalKind::interrupt())?,
            service: listen(SignalKind::terminate())?,
        })
    }

    /// Returns at the next signal.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminal.recv() => {}
            _ = self.service.recv() => {}
        }
    }

    /// Calls `stop` at the first signal and ends the process at the second.
    pub fn watch(mut self, stop: impl FnOnce() + Send + 'static) {
        tokio::spawn(async move {
            self.next().await;
            stop();
            self.next().await;
            std::process::exit(Exit::Retry.code().into());
        });
    }
}
