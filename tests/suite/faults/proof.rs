//! When a fault fires, and how the log proves that it did.

use writeback_cloud::LogEntry;

/// On which of the matching requests a fault fires.
#[derive(Clone, Copy)]
pub struct When {
    pub nth: u64,
    pub times: u64,
    pub fires: Option<usize>,
}

/// On this one alone.
pub const fn at(nth: u64) -> When {
    When {
        nth,
        times: 1,
        fires: Some(1),
    }
}

/// On this one and all that follow: at least one.
pub const fn from(nth: u64) -> When {
    When {
        nth,
        times: 0,
        fires: None,
    }
}

impl When {
    /// On so many in a row.
    pub const fn times(self, times: u64) -> When {
        When {
            times,
            fires: Some(times as usize),
            ..self
        }
    }

    /// It must fire exactly so often.
    pub const fn firing(self, fires: usize) -> When {
        When {
            fires: Some(fires),
            ..self
        }
    }
}

/// What must be in the log at the end.
pub enum Proof {
    /// A rule of this label fired so often; at least once where no number is given.
    Fired(String, Option<usize>),
    /// So many requests of this method and path were answered with this status.
    Answered(&'static str, &'static str, u16, usize),
    /// No request arrived at this service.
    Unreached(writeback_cloud::Service),
}

impl Proof {
    /// Panics unless these requests show it.
    pub fn hold(&self, requests: &[LogEntry]) {
        match self {
            Proof::Fired(label, times) => {
                let fired = requests
                    .iter()
                    .filter(|request| request.faults.contains(label))
                    .count();
                match times {
                    Some(times) => assert_eq!(fired, *times, "fault {label}"),
                    None => assert!(fired > 0, "fault {label} never fired"),
                }
            }
            Proof::Answered(method, path, status, times) => {
                let answered = requests
                    .iter()
                    .filter(|request| is(request, method, path) && request.status == Some(*status))
                    .count();
                assert_eq!(answered, *times, "{method} {path} answered with {status}");
            }
            Proof::Unreached(service) => {
                let reached = requests.iter().any(|request| request.service == *service);
                assert!(!reached, "{service:?} was reached");
            }
        }
    }
}

/// Whether a request has this method, and `part` in its path and query.
pub fn is(request: &LogEntry, method: &str, part: &str) -> bool {
    let query = request.query.as_deref().unwrap_or_default();
    request.method == method && format!("{}?{query}", request.path).contains(part)
}

/// Kept by a scene; broken when the scene is dropped before its end.
pub struct Promise(pub bool);

impl Drop for Promise {
    fn drop(&mut self) {
        assert!(
            self.0 || std::thread::panicking(),
            "the scene was not played to its end: nothing is proven"
        );
    }
}
