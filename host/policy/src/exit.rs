//! Exit codes: what each means and which of two is the worse. Never decides what failed.

/// How the process ends. Ordered from best to worst, so that `max` of many jobs is the meaningful one:
/// running everything again helps only if nothing needs a person, so `Retry` is the mildest failure;
/// a refused sign-in or a wrong configuration will fail every time until somebody mends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All done.
    Done,
    /// Failed or stopped, and worth running again later.
    Retry,
    /// The job failed.
    Failed,
    /// Domo or Microsoft refused the sign-in.
    SignIn,
    /// Usage, configuration or a job file is wrong.
    Configuration,
}

impl Exit {
    /// The number the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Configuration => 2,
            Self::Retry => 3,
            Self::SignIn => 4,
        }
    }

    /// Of a failure that the component reported: its stable code first, then whether waiting may help.
    #[must_use]
    pub fn of_failure(code: &str, retry_after: Option<u64>) -> Self {
        match code {
            "account-undeclared" | "config-invalid" | "config-missing" | "denied"
            | "job-invalid" | "job-syntax" | "query-invalid" | "unauthorized" | "usage" => {
                Self::Configuration
            }
            _ if code.starts_with("sign-in") => Self::SignIn,
            _ if retry_after.is_some() => Self::Retry,
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_contract() {
        let all = [
            Exit::Done,
            Exit::Failed,
            Exit::Configuration,
            Exit::Retry,
            Exit::SignIn,
        ];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_failure_that_needs_a_person_outranks_one_that_time_may_mend() {
        let jobs = [Exit::Done, Exit::Retry, Exit::Failed, Exit::Retry];
        assert_eq!(jobs.into_iter().max(), Some(Exit::Failed));
        assert!(Exit::SignIn > Exit::Failed && Exit::Configuration > Exit::SignIn);
    }

    #[test]
    fn failures_map_by_code_before_retry() {
        assert_eq!(Exit::of_failure("job-invalid", None), Exit::Configuration);
        assert_eq!(Exit::of_failure("denied", None), Exit::Configuration);
        assert_eq!(Exit::of_failure("sign-in-domo", Some(5)), Exit::SignIn);
        assert_eq!(Exit::of_failure("throttled", Some(0)), Exit::Retry);
        assert_eq!(Exit::of_failure("site-not-found", None), Exit::Failed);
    }
}
