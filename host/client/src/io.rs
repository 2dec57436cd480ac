//! Where the command reads and writes: the process's own streams, or a test's.

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal as _, Write};

use crate::error::Error;

/// Finds a variable of the environment.
pub type Variables = Box<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// The streams and variables of the command.
pub struct Io {
    /// For data.
    pub out: Box<dyn Write + Send>,
    /// For notes and errors.
    pub err: Box<dyn Write + Send>,
    /// Variables of the environment.
    pub env: Variables,
    /// Whether stderr shows colours.
    pub color: bool,
    /// Whether somebody can be asked.
    pub person: bool,
}

impl Io {
    /// Those of the process.
    #[must_use]
    pub fn process() -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self {
            out: Box::new(std::io::stdout()),
            err: Box::new(std::io::stderr()),
            env: Box::new(|name| std::env::var_os(name)),
            color: std::io::stderr().is_terminal() && !no_color && !dumb,
            person: std::io::stdin().is_terminal(),
        }
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        (self.env)(name).filter(|value| !value.is_empty())
    }

    /// To stdout. A reader that hung up (`| head`) is not an error.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Error> {
        self.print_bytes(text.as_bytes())
    }

    /// The same with bytes.
    pub(crate) fn print_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self.out.write_all(bytes).and_then(|()| self.out.flush()) {
            Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
                Err(Error::failed("cannot write to stdout").because(&cause))
            }
            _ => Ok(()),
        }
    }

    /// To stderr, as far as it goes.
    pub(crate) fn tell(&mut self, text: &str) {
        let _ = self
            .err
            .write_all(text.as_bytes())
            .and_then(|()| self.err.flush());
    }
}

impl std::fmt::Debug for Io {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Io").finish_non_exhaustive()
    }
}
