//! The one error of the remote command: what failed, why, what to do about it, and the exit code it ends with.
//! Never holds a secret: it is built from texts that were made to be shown.

use std::fmt::Write as _;
use std::ops::Deref;

use serde::Deserialize;
use writeback_policy::Exit;

use crate::render::printable_lines;

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
    /// What failed and on what.
    pub message: String,
    /// Further lines: the chain below it, or each thing that is wrong.
    pub causes: Vec<String>,
    /// Actions that would help.
    pub hints: Vec<String>,
}

/// What a server answers where something failed (RFC 9457).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    code: String,
    detail: String,
    hint: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FieldError {
    path: String,
    message: String,
}

impl Error {
    /// An error that ends with `exit` and is known to programs as `code`.
    pub fn new(exit: Exit, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            exit,
            code: code.into(),
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
        }))
    }

    /// Something wrong with what was typed or written in a file.
    pub fn configuration(code: &str, message: impl Into<String>) -> Self {
        Self::new(Exit::Configuration, code, message)
    }

    /// Something that went wrong on this machine.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "internal", message)
    }

    /// A text whose hint is its last line.
    pub fn told(code: &str, text: &str) -> Self {
        match text.split_once("\nhint: ") {
            Some((message, hint)) => Self::configuration(code, message).hint(hint),
            None => Self::configuration(code, text),
        }
    }

    /// What the server said, on what was asked for.
    pub fn of_problem(what: &str, status: u16, body: &[u8]) -> Self {
        let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
        if problem.code.is_empty() {
            return Self::new(
                exit_of("", status, None),
                "unexpected-answer",
                format!("{what}: the server answered {status}, and not as a writeback server does"),
            )
            .hint("check the URL: it is the one that `writeback serve` prints, or your proxy's");
        }
        let exit = exit_of(&problem.code, status, problem.retry_after);
        let message = format!("{what}: {} ({})", problem.detail, problem.code);
        let told = |wrong: &&FieldError| !problem.detail.contains(&wrong.message);
        let lines = problem.errors.iter().filter(told);
        let lines: Vec<String> = lines
            .map(|wrong| format!("`{}`: {}", wrong.path, wrong.message))
            .collect();
        let mut error = Self::new(exit, problem.code, message);
        error.0.causes = lines;
        error.0.hints.extend(problem.hint);
        if let Some(seconds) = problem.retry_after {
            error = error.hint(format!("it may go well in {seconds} s"));
        }
        error
    }

    /// With an action that would help.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// With the chain of `cause`, leaving out links that only repeat the one above.
    pub fn because(mut self, cause: &(dyn std::error::Error + 'static)) -> Self {
        let mut link = Some(cause);
        while let Some(error) = link {
            let text = error.to_string();
            if !self.causes.last().unwrap_or(&self.message).contains(&text) {
                self.0.causes.push(text);
            }
            link = error.source();
        }
        self
    }

    /// For people: `error:` line, causes, `hint:` lines.
    pub fn text(&self, color: bool) -> String {
        let paint = |code: &str, label: &str| match color {
            true => format!("\u{1b}[{code}m{label}\u{1b}[0m"),
            false => label.to_owned(),
        };
        let mut text = format!(
            "{} {}\n",
            paint("1;31", "error:"),
            printable_lines(&self.message)
        );
        let (cause_label, hint_label) = (paint("2", "caused by:"), paint("36", "hint:"));
        for cause in self.causes.iter().map(|cause| printable_lines(cause)) {
            let _ = writeln!(text, "  {cause_label} {cause}");
        }
        for hint in self.hints.iter().map(|hint| printable_lines(hint)) {
            let _ = writeln!(text, "{hint_label} {hint}");
        }
        text
    }
}

/// A failure's own code first, then the kind of answer.
fn exit_of(code: &str, status: u16, retry_after: Option<u64>) -> Exit {
    match (code, status) {
        ("forbidden" | "invalid" | "not-found" | "if-match-missing" | "method-not-allowed", _) => {
            Exit::Configuration
        }
        ("", 300..=308 | 401 | 403 | 404) => Exit::Configuration,
        (code, _) if code.starts_with("bad-") => Exit::Configuration,
        (code, 429 | 502..=504) => Exit::of_failure(code, retry_after.or(Some(0))),
        (code, _) => Exit::of_failure(code, retry_after),
    }
}

impl Deref for Error {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_with_everything_that_is_wrong_and_its_hint() {
        let body = br#"{"code": "invalid", "detail": "2 things are wrong with the request", "hint": "mend them",
            "errors": [{"path": "name", "message": "it is empty"}, {"path": "job.a", "message": "no \u001b[2J such key"}]}"#;
        let error = Error::of_problem("job `x`", 422, body);
        assert_eq!(error.exit, Exit::Configuration);
        assert_eq!(
            error.text(false),
            "error: job `x`: 2 things are wrong with the request (invalid)\n  caused by: `name`: it is empty\n  caused by: `job.a`: no [2J such key\nhint: mend them\n"
        );
    }

    #[test]
    fn exit_numbers_are_those_of_a_run() {
        let exit = |code: &str, status| {
            Error::of_problem("x", status, format!(r#"{{"code": "{code}"}}"#).as_bytes()).exit
        };
        assert_eq!(exit("unauthorized", 401), Exit::Configuration);
        assert_eq!(exit("queue-full", 429), Exit::Retry);
        assert_eq!(exit("not-ready", 503), Exit::Retry);
        assert_eq!(exit("sign-in-domo", 422), Exit::SignIn);
        assert_eq!(exit("site-not-found", 422), Exit::Failed);
        assert_eq!(exit("changed", 412), Exit::Failed);
    }

    #[test]
    fn an_answer_of_something_else_is_told_so() {
        let error = Error::of_problem("jobs", 502, b"<html>");
        assert_eq!(
            (error.code.as_str(), error.exit),
            ("unexpected-answer", Exit::Retry)
        );
    }
}
