//! The host's errors in the server's words.

use writeback_host::{Error, RunError};
use writeback_server::runner::RunFailure;

/// Why a run has no result.
pub(crate) fn of_run(error: &RunError) -> RunFailure {
    let mut failure = told(error.code(), &error.to_string());
    failure.resumes = error.resumes();
    match error {
        RunError::Failed(given) => {
            failure.message.clone_from(&given.message);
            failure.hint.clone_from(&given.hint);
            failure.retry_after = given.retry_after;
        }
        RunError::Limit(limit) => {
            let setting = limit.setting();
            failure.limit = Some(setting.to_owned());
            failure.hint = Some(format!("raise `{setting}`, or make the job smaller"));
        }
        RunError::Trap { .. } => {
            let hint = "this is a bug in the connector: report it with the run's log";
            failure.hint = Some(hint.to_owned());
        }
        _ => {}
    }
    failure
}

/// Why a tenant cannot be made.
pub(crate) fn of_tenant(error: &Error) -> RunFailure {
    told("config-invalid", &error.to_string())
}

/// A final failure. A last line `hint: …` of the text becomes the hint.
pub(crate) fn told(code: &str, text: &str) -> RunFailure {
    let (message, hint) = match text.split_once("\nhint: ") {
        Some((message, hint)) => (message, Some(hint.to_owned())),
        None => (text, None),
    };
    RunFailure {
        code: code.to_owned(),
        message: message.to_owned(),
        hint,
        retry_after: None,
        limit: None,
        resumes: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use writeback_host::{Failure, LimitExceeded};

    #[test]
    fn a_failure_keeps_its_words_and_its_way_on() {
        let mut failure = Failure::new("domo-unavailable", "no reply");
        failure.hint = Some("run it later".to_owned());
        failure.retry_after = Some(60);
        let told = of_run(&RunError::Failed(failure));
        assert_eq!(
            (
                told.code.as_str(),
                told.message.as_str(),
                told.hint.as_deref()
            ),
            ("domo-unavailable", "no reply", Some("run it later"))
        );
        assert_eq!((told.retry_after, told.resumes), (Some(60), true));
        assert!(!of_run(&RunError::Failed(Failure::new("x", "y"))).resumes);
    }

    #[test]
    fn a_limit_is_named_and_a_cancelled_run_goes_on() {
        let told = of_run(&RunError::Limit(LimitExceeded::Wall(5)));
        assert_eq!(told.code, "limit-reached");
        assert_eq!(told.limit.as_deref(), Some("limits.wall_seconds"));
        assert!(told.resumes && told.hint.unwrap().contains("`limits.wall_seconds`"));
        let told = of_run(&RunError::Cancelled);
        assert_eq!((told.code.as_str(), told.resumes), ("cancelled", true));
        let told = of_run(&RunError::Internal("the disk is gone".to_owned()));
        assert_eq!((told.code.as_str(), told.resumes), ("internal", false));
    }

    #[test]
    fn a_hint_in_a_text_becomes_the_hint() {
        let told = of_tenant(&Error::Config("no\nhint: yes".to_owned()));
        assert_eq!(
            (told.message.as_str(), told.hint.as_deref()),
            ("no", Some("yes"))
        );
    }
}
