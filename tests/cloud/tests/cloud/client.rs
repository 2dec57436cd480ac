//! A tiny HTTP client: sends exactly what it is told, one connection a request, reads everything.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use writeback_cloud::{Cloud, Fault, Options};

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// Sends one request. An error is a connection that ended early.
pub async fn send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Reply, String> {
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new())
        .retry_canceled_requests(false)
        .pool_max_idle_per_host(0)
        .build_http();
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).unwrap();
    let reply = client
        .request(request)
        .await
        .map_err(|error| format!("{error:?}"))?;
    let (parts, body) = reply.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| format!("{error:?}"))?
        .to_bytes();
    Ok(Reply {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    })
}

pub async fn get(url: &str, headers: &[(&str, &str)]) -> Reply {
    send("GET", url, headers, "").await.unwrap()
}

pub async fn post_form(url: &str, headers: &[(&str, &str)], form: &str) -> Reply {
    let mut headers = headers.to_vec();
    headers.push(("content-type", "application/x-www-form-urlencoded"));
    send("POST", url, &headers, form.to_owned()).await.unwrap()
}

pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// A small cloud.
pub async fn cloud() -> Cloud {
    cloud_with(Vec::new()).await
}

pub async fn cloud_with(faults: Vec<Fault>) -> Cloud {
    Cloud::start(Options {
        faults,
        ..Options::default()
    })
    .await
    .unwrap()
}

/// Signs in at Domo as `owner` (the default) or another client.
pub async fn domo_token(cloud: &Cloud, name: &str) -> String {
    let description = cloud.description();
    let (id, secret) = match description
        .other_domo_clients
        .iter()
        .find(|client| client.name == name)
    {
        Some(client) => (&client.id, &client.secret),
        None => (&description.domo_client.id, &description.domo_client.secret),
    };
    let url = format!(
        "{}/oauth/token?grant_type=client_credentials",
        description.domo
    );
    let reply = get(&url, &[("authorization", &basic(id, secret))]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    format!("Bearer {}", reply.json()["access_token"].as_str().unwrap())
}

/// The DataSet of that kind.
pub fn dataset(cloud: &Cloud, kind: &str) -> String {
    let found = cloud
        .description()
        .datasets
        .iter()
        .find(|dataset| dataset.kind == kind);
    format!(
        "{}/v1/datasets/{}",
        cloud.description().domo,
        found.unwrap().id
    )
}
