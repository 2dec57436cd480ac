//! The one error of the command: what failed, why, what to do about it, and the exit code it ends with.
//! Never holds a secret: it is built from texts that were made to be shown.

use std::fmt::Write as _;
use std::ops::{Deref, DerefMut};

use serde_json::{Value, json};
use writeback_host::state::RunKey;

use crate::exit::Exit;
use crate::render::paint::{Paint, Tone};
use crate::render::words::printable_lines;
use crate::settings::Settings;

/// Why a verb did not do what was asked. Boxed, so that success stays small.
#[derive(Debug, Clone, PartialEq)]
pub struct Error(Box<Details>);

/// All that there is to tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// The exit code that tells programs.
    pub exit: Exit,
    /// A stable word for programs.
    pub code: String,
    /// The file that it happened on, where that goes without saying for programs.
    pub place: Option<String>,
    /// The run that it ended, where there was one.
    pub run: Option<String>,
    /// What failed and on what.
    pub message: String,
    /// The chain below it, outermost first.
    pub causes: Vec<String>,
    /// Actions that would help.
    pub hints: Vec<String>,
    /// Seconds after which running again may succeed.
    pub retry_after: Option<u64>,
}

impl Error {
    /// An error that ends with `exit` and is known to programs as `code`.
    pub fn new(exit: Exit, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            exit,
            code: code.into(),
            place: None,
            run: None,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            retry_after: None,
        }))
    }

    /// One in the host's words: its hint is the last line of its text.
    pub fn told(exit: Exit, code: &str, text: &str) -> Self {
        match text.split_once("\nhint: ") {
            Some((message, hint)) => Self::new(exit, code, message).hint(hint),
            None => Self::new(exit, code, text),
        }
    }

    /// Something wrong with what was typed or written in a file.
    pub fn configuration(code: &str, message: impl Into<String>) -> Self {
        Self::new(Exit::Configuration, code, message)
    }

    /// Something that went wrong on this machine.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "internal", message)
    }

    /// On the job file called `origin`.
    pub fn of(mut self, origin: &str) -> Self {
        self.place = Some(origin.to_owned());
        self
    }

    /// That ended the run of this key, with the way to go on where there is one.
    pub fn of_run(mut self, run: &RunKey) -> Self {
        self.run = Some(run.to_string());
        if self.exit == Exit::Retry || self.code == "limit-reached" {
            return self.hint(format!(
                "`writeback runs resume {run}` goes on where it stopped, and so does the same job"
            ));
        }
        self
    }

    /// With an action that would help.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// With the chain of `cause`, leaving out links that only repeat the one above.
    pub fn because(mut self, cause: &(dyn std::error::Error + 'static)) -> Self {
        let mut link = Some(cause);
        while let Some(error) = link {
            let text = error.to_string();
            if !self.causes.last().unwrap_or(&self.message).contains(&text) {
                self.causes.push(text);
            }
            link = error.source();
        }
        self
    }

    /// For people: `error:` line, causes, `hint:` lines.
    pub fn text(&self, paint: Paint) -> String {
        let place = self
            .place
            .as_ref()
            .map(|place| format!("`{place}`: "))
            .unwrap_or_default();
        let mut text = format!(
            "{} {place}{}\n",
            paint.tone(Tone::Bad, "error:"),
            printable_lines(&self.message)
        );
        for cause in self.causes.iter().map(|cause| printable_lines(cause)) {
            let _ = writeln!(text, "  {} {cause}", paint.tone(Tone::Faint, "caused by:"));
        }
        for hint in self.hints.iter().map(|hint| printable_lines(hint)) {
            let _ = writeln!(text, "{} {hint}", paint.tone(Tone::Accent, "hint:"));
        }
        text
    }

    /// For programs: the line that takes the place of a receipt.
    pub fn json(&self, job: &str) -> Value {
        let message = std::iter::once(&self.message)
            .chain(&self.causes)
            .cloned()
            .collect::<Vec<_>>()
            .join(": ");
        let hint = (!self.hints.is_empty()).then(|| self.hints.join("; "));
        json!({"schema": 1, "job": job, "run": self.run, "outcome": "failed", "failure": {
            "code": self.code, "message": message, "hint": hint, "retry_after": self.retry_after, "exit": self.exit.code(),
        }})
    }

    /// To stderr.
    pub fn print(&self, settings: &Settings) {
        eprint!("{}", self.text(settings.stderr));
    }
}

impl Deref for Error {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_causes_and_hints_below_the_error() {
        let cause = std::io::Error::other("disk full");
        let error = Error::configuration("config-unreadable", "cannot read `writeback.toml`")
            .because(&cause)
            .hint("free some space");
        let text = error.text(Paint::plain());
        assert_eq!(
            text,
            "error: cannot read `writeback.toml`\n  caused by: disk full\nhint: free some space\n"
        );
    }

    #[test]
    fn what_somebody_else_said_does_not_steer_the_terminal() {
        let error = Error::failed("Domo said \u{1b}[2J\nand more").hint("\u{9b}31mno");
        let text = error.text(Paint::plain());
        assert_eq!(text, "error: Domo said [2J\nand more\nhint: 31mno\n");
    }

    #[test]
    fn a_cause_that_repeats_the_message_is_left_out() {
        let cause = std::io::Error::other("disk full");
        assert!(
            Error::failed("saving: disk full")
                .because(&cause)
                .causes
                .is_empty()
        );
    }

    #[test]
    fn a_failure_is_one_object_in_place_of_the_receipt() {
        let mut error = Error::new(Exit::Retry, "throttled", "Graph said 429");
        error.retry_after = Some(30);
        let line = error.json("daily sales");
        assert_eq!(line["outcome"], "failed");
        assert_eq!(line["failure"]["retry_after"], 30);
        assert_eq!(line["failure"]["exit"], 3);
        assert!(line["failure"]["hint"].is_null());
    }
}
