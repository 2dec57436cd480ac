//! Trouble in one line, and what came of it: faults, the requests that were sent, what a failure says.

use serde_json::Value;
use writeback_cloud::LogEntry;
use writeback_host::Failure;

use crate::plain;
use crate::world::World;

impl World {
    /// Breaks requests: `on` is method, service and path (`PUT upload uploadSession`; with a `*` a
    /// glob), `nth` the first one, `times` how many in a row (0: all), `action` the rule's TOML.
    pub fn fault(&self, on: &str, nth: u64, times: u64, action: &str) {
        let [method, service, path] = on
            .split(' ')
            .collect::<Vec<_>>()
            .try_into()
            .expect("method, service, path");
        self.break_it(&format!(
            "[[fault]]\nmethod = \"{method}\"\nservice = \"{service}\"\npath = \"{path}\"\n\
             nth = {nth}\ntimes = {times}\naction = {action}\n"
        ));
    }

    /// The requests of this method whose path and query contain `part`.
    pub fn sent(&self, method: &str, part: &str) -> Vec<LogEntry> {
        let mut requests = self.requests();
        requests.retain(|request| {
            let query = request.query.as_deref().unwrap_or_default();
            request.method == method && format!("{}?{query}", request.path).contains(part)
        });
        requests
    }

    /// Runs a job that must fail with `code` and say all of `parts` in its message or hint.
    pub async fn refuses(&self, job: &Value, code: &str, parts: &[&str]) -> Failure {
        let failure = self.failure(job).await;
        says(&failure, code, parts);
        failure
    }

    /// What was asked of Graph and SharePoint to change something there.
    pub fn writes(&self) -> Vec<LogEntry> {
        let mut requests = self.requests();
        requests.retain(|request| {
            let services = [
                writeback_cloud::Service::Graph,
                writeback_cloud::Service::Upload,
            ];
            services.contains(&request.service) && request.method != "GET"
        });
        requests
    }

    /// Lets stalled requests go on.
    pub fn release(&self) {
        self.cloud.state().release();
    }

    /// Asks something of the cloud's controls (`POST /_sim/…`).
    pub fn control(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/{path}", self.cloud.description().control);
        let reply = plain::post(&url, body);
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        serde_json::from_str(&reply.body).unwrap_or_default()
    }
}

/// Asserts the code of a failure and parts of its message and hint.
pub fn says(failure: &Failure, code: &str, parts: &[&str]) {
    assert_eq!(failure.code, code, "{failure:#?}");
    let text = format!(
        "{}\nhint: {}",
        failure.message,
        failure.hint.as_deref().unwrap_or_default()
    );
    for part in parts {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}

/// Asserts that the receipt warns with all of `parts` in one warning.
pub fn warns(receipt: &Value, parts: &[&str]) {
    let warnings = receipt["warnings"].as_array().expect("warnings");
    let found = warnings
        .iter()
        .filter_map(Value::as_str)
        .any(|warning| parts.iter().all(|part| warning.contains(part)));
    assert!(found, "no warning with {parts:?} among {warnings:#?}");
}

/// A canned reply as a rule's action, with headers in TOML and a Graph error code.
pub fn status(status: u16, headers: &str, code: &str) -> String {
    format!(
        "{{ status = {{ status = {status}, headers = {{ {headers} }}, body = {{ error = {{ code = \"{code}\", message = \"As planned.\" }} }} }} }}"
    )
}

/// A hook as a rule's action.
pub fn hook(name: &str, value: &str) -> String {
    format!("{{ hook = {{ name = \"{name}\", value = {value} }} }}")
}
