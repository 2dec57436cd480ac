//! How a call ended, as JSON for programs and as text for people.
#![allow(dead_code, reason = "each front uses its part")]

use serde_json::{Value, json};
use writeback_policy::{Exit, steers};

/// A failure, whoever reported it.
pub(crate) struct Failed {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) retry_after: Option<u64>,
}

impl Failed {
    /// With the code of a wrong use.
    pub(crate) fn usage(message: &str, hint: &str) -> Self {
        Self {
            code: "usage".to_owned(),
            message: message.to_owned(),
            hint: Some(hint.to_owned()),
            retry_after: None,
        }
    }

    /// A message of the host's own errors may end in a line `hint: …`: it becomes the hint.
    pub(crate) fn new(
        code: String,
        message: String,
        hint: Option<String>,
        retry_after: Option<u64>,
    ) -> Self {
        let (message, own) = match message.split_once("\nhint: ") {
            Some((message, own)) => (message.to_owned(), Some(own.to_owned())),
            None => (message, None),
        };
        Self {
            code,
            message,
            hint: hint.or(own),
            retry_after,
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        Exit::of_failure(&self.code, self.retry_after)
    }

    /// Whether the same job may go on where this one stopped.
    pub(crate) fn may_go_on(&self) -> bool {
        self.exit() == Exit::Retry
    }

    /// What the command prints in the place of a receipt: the shape of `writeback run --report json`.
    pub(crate) fn report(&self, job: &str) -> Value {
        json!({"schema": 1, "job": name(job), "run": null, "outcome": "failed", "failure": {
            "code": self.code, "message": self.message, "hint": self.hint,
            "retry_after": self.retry_after, "exit": self.exit().code(),
        }})
    }

    /// What the service answers (RFC 9457).
    pub(crate) fn problem(&self) -> (u16, Value) {
        let status = match (self.code.as_str(), self.exit()) {
            ("usage", _) => 404,
            ("unauthorized", _) => 401,
            (_, Exit::Configuration) => 400,
            (_, Exit::Retry) => 503,
            (_, Exit::SignIn) => 502,
            _ => 422,
        };
        let problem = json!({
            "type": "about:blank", "status": status, "title": self.code, "detail": self.message,
            "code": self.code, "hint": self.hint, "retry_after": self.retry_after,
            "exit": self.exit().code(),
        });
        (status, problem)
    }

    /// For people. What a service said cannot steer their terminal.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("error: [{}] {}\n", self.code, self.message);
        if let Some(hint) = &self.hint {
            text.push_str(&format!("hint: {hint}\n"));
        }
        text.replace(|letter| letter != '\n' && steers(letter), "\u{fffd}")
    }
}

fn name(job: &str) -> String {
    let job: Value = serde_json::from_str(job).unwrap_or(Value::Null);
    let given = job["name"].as_str().filter(|name| !name.trim().is_empty());
    given.unwrap_or("stdin").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: &str, retry_after: Option<u64>) -> Failed {
        let message = "no site\nhint: look".to_owned();
        Failed::new(code.to_owned(), message, None, retry_after)
    }

    #[test]
    fn a_failure_is_told_as_the_command_line_tells_it() {
        let report = failed("site-not-found", None).report(r#"{"name": "daily"}"#);
        assert_eq!(
            report,
            json!({"schema": 1, "job": "daily", "run": null, "outcome": "failed", "failure": {
                "code": "site-not-found", "message": "no site", "hint": "look", "retry_after": null, "exit": 1}})
        );
        assert_eq!(failed("x", None).report("{")["job"], "stdin");
        assert_eq!(failed("x", None).text(), "error: [x] no site\nhint: look\n");
    }

    #[test]
    fn what_a_service_said_does_not_steer_a_terminal() {
        let message = "no \u{1b}[2Jsite\rgone".to_owned();
        let failed = Failed::new("x".to_owned(), message, None, None);
        assert_eq!(failed.text(), "error: [x] no \u{fffd}[2Jsite\u{fffd}gone\n");
    }

    #[test]
    fn a_status_tells_who_has_to_act() {
        let status = |code: &str, after| failed(code, after).problem().0;
        assert_eq!(status("job-invalid", None), 400);
        assert_eq!(status("sign-in-domo", None), 502);
        assert_eq!(status("throttled", Some(3)), 503);
        assert_eq!(status("site-not-found", None), 422);
        assert!(failed("throttled", Some(3)).may_go_on());
        assert!(!failed("site-not-found", None).may_go_on());
    }
}
