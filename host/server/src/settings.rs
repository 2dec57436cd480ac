//! What the operator chose.

use std::time::Duration;

/// The server's settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Runs of all tenants under way at a time in this process.
    pub slots: u32,
    /// Requests of a token a second, on average.
    pub requests_per_second: u32,
    /// Requests of a token at once.
    pub request_burst: u32,
    /// The largest content of a request, in bytes.
    pub body_bytes: usize,
    /// What a request may take, but for those that list what a service has.
    pub request_time: Duration,
    /// How long a worker may be silent until its runs go on elsewhere.
    pub lease: Duration,
    /// How long runs may go on after the process was told to stop.
    pub drain: Duration,
    /// What this machine is called: spools on it are found again by processes of the same name.
    pub machine: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            slots: 8,
            requests_per_second: 50,
            request_burst: 200,
            body_bytes: 1 << 20,
            request_time: Duration::from_secs(60),
            lease: Duration::from_secs(30),
            drain: Duration::from_secs(60),
            machine: "localhost".to_owned(),
        }
    }
}
