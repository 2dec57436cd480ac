//! A request for each operation of the API: what is sent, and what whoever may is answered.

use serde_json::{Value, json};

use crate::support::job;

/// A request that goes well.
pub struct Sample {
    /// The content.
    pub body: Option<Value>,
    /// What follows the `?`.
    pub query: Option<&'static str>,
    /// The status.
    pub status: u16,
}

impl Sample {
    fn query(self, query: &'static str) -> Self {
        let query = Some(query);
        Self { query, ..self }
    }
}

fn bare(status: u16) -> Option<Sample> {
    let (body, query) = (None, None);
    Some(Sample {
        body,
        query,
        status,
    })
}

fn with(status: u16, body: Value) -> Option<Sample> {
    let body = Some(body);
    bare(status).map(|sample| Sample { body, ..sample })
}

/// The request for an operation, as `GET /v1/tenants`. An operation without one fails the matrix.
pub fn of(operation: &str) -> Option<Sample> {
    match operation {
        "GET /v1/whoami" => bare(200),

        "GET /v1/tenants" => bare(200),
        "POST /v1/tenants" => with(201, json!({ "name": "new" })),
        "GET /v1/tenants/{tenant}" => bare(200),
        "PATCH /v1/tenants/{tenant}" => with(200, json!({ "title": "Renamed" })),

        "GET /v1/tokens" => bare(200),
        "POST /v1/tokens" => with(201, json!({ "name": "new", "role": "installation" })),
        "DELETE /v1/tokens/{token}" => bare(204),
        "GET /v1/tenants/{tenant}/tokens" => bare(200),
        "POST /v1/tenants/{tenant}/tokens" => with(201, json!({ "name": "new", "role": "admin" })),
        "DELETE /v1/tenants/{tenant}/tokens/{token}" => bare(204),

        "GET /v1/tenants/{tenant}/jobs" => bare(200),
        "POST /v1/tenants/{tenant}/jobs" => with(201, job("new")),
        "GET /v1/tenants/{tenant}/jobs/{job}" => bare(200),
        "PUT /v1/tenants/{tenant}/jobs/{job}" => with(200, job("renamed")),
        "PATCH /v1/tenants/{tenant}/jobs/{job}" => with(200, json!({ "state": "paused" })),
        "DELETE /v1/tenants/{tenant}/jobs/{job}" => bare(204),
        "GET /v1/tenants/{tenant}/jobs/{job}/revisions" => bare(200),
        "GET /v1/tenants/{tenant}/jobs/{job}/revisions/{revision}" => bare(200),
        "POST /v1/tenants/{tenant}/jobs/{job}/check" => bare(200),

        "POST /v1/tenants/{tenant}/jobs/{job}/runs" => bare(202),
        "GET /v1/tenants/{tenant}/runs" => bare(200),
        "GET /v1/tenants/{tenant}/runs/{run}" => bare(200),
        "POST /v1/tenants/{tenant}/runs/{run}/cancel" => bare(202),
        "POST /v1/tenants/{tenant}/runs/{run}/again" => bare(202),
        "GET /v1/tenants/{tenant}/runs/{run}/logs" => bare(200),
        "GET /v1/tenants/{tenant}/jobs/{job}/history" => bare(200),
        "GET /v1/tenants/{tenant}/history" => bare(200),
        "GET /v1/tenants/{tenant}/runs/{run}/events" => bare(200),

        "POST /v1/schedules/preview" => with(200, hourly()),
        "GET /v1/tenants/{tenant}/jobs/{job}/schedules" => bare(200),
        "POST /v1/tenants/{tenant}/jobs/{job}/schedules" => with(201, hourly()),
        "GET /v1/tenants/{tenant}/jobs/{job}/schedules/{schedule}" => bare(200),
        "PUT /v1/tenants/{tenant}/jobs/{job}/schedules/{schedule}" => with(200, hourly()),
        "DELETE /v1/tenants/{tenant}/jobs/{job}/schedules/{schedule}" => bare(204),
        "GET /v1/tenants/{tenant}/jobs/{job}/schedules/{schedule}/ticks" => bare(200),

        "GET /v1/schemas" => bare(200),
        "POST /v1/tenants/{tenant}/browse" => with(200, json!({ "list": "datasets" })),
        "GET /v1/tenants/{tenant}/accounts" => bare(200),
        "POST /v1/tenants/{tenant}/accounts" => with(201, account("new")),
        "GET /v1/tenants/{tenant}/accounts/{account}" => bare(200),
        "PUT /v1/tenants/{tenant}/accounts/{account}" => with(200, account("account-of-own")),
        "DELETE /v1/tenants/{tenant}/accounts/{account}" => bare(200),
        "POST /v1/tenants/{tenant}/accounts/{account}/test" => bare(200),

        "GET /v1/tenants/{tenant}/targets" => bare(200),
        "POST /v1/tenants/{tenant}/targets" => with(201, target("new")),
        "GET /v1/tenants/{tenant}/targets/{target}" => bare(200),
        "PUT /v1/tenants/{tenant}/targets/{target}" => with(200, target("renamed")),
        "DELETE /v1/tenants/{tenant}/targets/{target}" => bare(204),
        "POST /v1/tenants/{tenant}/targets/{target}/test" => bare(200),
        "GET /v1/tenants/{tenant}/targets/{target}/deliveries" => bare(200),

        "GET /v1/audit" => bare(200),
        "GET /v1/tenants/{tenant}/audit" => bare(200),
        "GET /v1/tenants/{tenant}/export" => bare(200),
        "DELETE /v1/tenants/{tenant}" => bare(202).map(|sample| sample.query("confirm={name}")),
        "GET /v1/erasures" => bare(200),
        "GET /v1/erasures/{erasure}" => bare(200),
        _ => None,
    }
}

fn hourly() -> Value {
    json!({ "when": { "kind": "interval", "every": 1, "unit": "hours" } })
}

/// An account of this name.
pub fn account(name: &str) -> Value {
    json!({
        "name": name,
        "account": { "kind": "domo", "client_id": "a-client", "client_secret": { "value": "s3cret-of-the-tests" } },
    })
}

/// A target of this name.
pub fn target(name: &str) -> Value {
    json!({
        "name": name,
        "events": ["failure"],
        "to": { "kind": "webhook", "url": { "value": "https://hooks.example.com/a" }, "secret": { "value": "0123456789abcdef" } },
    })
}
