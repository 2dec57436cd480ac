//! The headers of a reply by which each service's support finds a request.

use axum::body::Body;
use axum::http::{HeaderValue, Response};

use crate::state::Service;

/// The headers by which each service lets its support find a request.
pub(super) fn with_ids(
    mut reply: Response<Body>,
    service: Service,
    id: &str,
    client_id: Option<HeaderValue>,
) -> Response<Body> {
    let Ok(value) = HeaderValue::from_str(id) else {
        return reply;
    };
    let headers = reply.headers_mut();
    match service {
        Service::Domo => {
            headers.insert("x-domo-requestid", value);
        }
        Service::Login => {
            headers.insert("x-ms-request-id", value);
        }
        Service::Graph => {
            headers.insert(
                "client-request-id",
                client_id.unwrap_or_else(|| value.clone()),
            );
            headers.insert("request-id", value);
            let diagnostic = r#"{"ServerInfo":{"DataCenter":"Simulated","Slice":"E","Ring":"1","ScaleUnit":"000"}}"#;
            headers.insert("x-ms-ags-diagnostic", HeaderValue::from_static(diagnostic));
        }
        Service::Upload => {
            headers.insert("sprequestguid", value.clone());
            headers.insert("request-id", value);
        }
    }
    reply
}
