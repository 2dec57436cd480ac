//! What the operator chose.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::time::Millis;

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
    /// Whether accounts may name addresses of their own, as those of a simulated cloud.
    pub allow_endpoints: bool,
    /// The mail server; without one there is no e-mail.
    pub smtp: Option<Smtp>,
}

/// The mail server.
#[derive(Clone)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port: usually 465 for TLS, 587 for STARTTLS.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: SmtpTls,
    /// Who signs in, and with what.
    pub sign_in: Option<(String, Zeroizing<String>)>,
    /// Whom mail is from: `a@example.com` or `Name <a@example.com>`.
    pub from: String,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// From its first byte.
    Tls,
    /// After a word in plain, and not without.
    StartTls,
    /// Not at all: for a server on the same machine.
    None,
}

impl Settings {
    /// The lease in the database's units.
    pub(crate) fn lease_ms(&self) -> Millis {
        Millis::try_from(self.lease.as_millis()).unwrap_or(Millis::MAX)
    }
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
            allow_endpoints: false,
            smtp: None,
        }
    }
}
