//! Messages of the program's own, such as notifications: they leave the way a tenant's runs do, and go no further.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use writeback_policy::{HeaderLimits, LimitExceeded, Origin, is_framing, parse_url};

use crate::egress::Outgoing;
use crate::error::Error;
use crate::tenant::Tenant;

impl Tenant {
    /// Posts `body` to `url`, once, and returns the status of the reply, which is not read. A redirect is a status
    /// like others. The URL may hold a secret, and so may the headers: no error repeats them.
    ///
    /// `https` alone, or `http` to an address of `egress.allow_addresses`; to public addresses and those; through
    /// the proxy, trusting `ca_file`, within `limits.connect_seconds` and `limits.request_seconds`.
    ///
    /// # Errors
    /// [`Error::Post`]: it may not be sent, or there was no reply.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes> + Send,
    ) -> Result<u16, Error> {
        let (request, origin) = self
            .message(url, headers, body.into())
            .map_err(Error::Post)?;
        let sent = self.client().send(request, &origin).await;
        let received = sent.map_err(|error| Error::Post(error.to_string()))?;
        let (parts, _unread, connection) = received.into_parts();
        connection.forget();
        Ok(parts.status.as_u16())
    }

    fn message(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<(Request<Outgoing>, Origin), String> {
        let limits = self.limits();
        if url.len() as u64 > limits.url_bytes {
            return Err(LimitExceeded::UrlBytes(limits.url_bytes).to_string());
        }
        let (url, origin) = parse_url(url)?;
        self.client().check_scheme(&origin)?;
        let headers = read(headers)?;
        let limits = HeaderLimits::new(limits);
        limits.check(&headers).map_err(|limit| limit.to_string())?;
        let mut request = Request::new(Outgoing::bytes(body));
        *request.method_mut() = Method::POST;
        *request.headers_mut() = headers;
        let uri = url.as_str().parse();
        *request.uri_mut() = uri.map_err(|_| format!("the URL at `{origin}` cannot be sent"))?;
        Ok((request, origin))
    }
}

fn read(headers: &[(&str, &str)]) -> Result<HeaderMap, String> {
    let mut read = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| "a header's name is not a token".to_owned())?;
        if is_framing(&name) {
            return Err(format!("the header `{name}` is the host's to set"));
        }
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| format!("the value of the header `{name}` cannot be sent"))?;
        value.set_sensitive(true);
        read.append(name, value);
    }
    Ok(read)
}

#[cfg(test)]
#[path = "post_tests.rs"]
mod tests;
