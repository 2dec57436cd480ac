//! Rows of the program's own, such as one for each run, for a table of an account's service.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use http_body_util::{BodyExt as _, Limited};
use serde_json::Value;
use writeback_policy::{parse_url, unknown_account};

use crate::credentials::rows::hint;
use crate::credentials::{AccessToken, SignInError};
use crate::egress::{Outgoing, Received};
use crate::error::Error;
use crate::printable;
use crate::tenant::Tenant;

/// How much of an error's body is read, and how many characters of what it says are told.
const REPLY_BYTES: usize = 64 * 1024;
const SAID_CHARS: usize = 300;

impl Tenant {
    /// Appends rows, CSV without a header, to a table of the service of `account`: to the DataSet of this id, with an
    /// account of the kind `domo`. It is one request, at the account's own `api`, which is sent again only where the
    /// token was refused (401) and another one could be had. Where there was no answer, the rows may be there all the same.
    ///
    /// No component can do this with the account.
    ///
    /// # Errors
    /// [`Error::Rows`]: there is no such account or table, signing in failed, or the service refused, with its words.
    pub async fn append_rows(
        &self,
        account: &str,
        table: &str,
        csv: impl Into<Bytes> + Send,
    ) -> Result<(), Error> {
        let appended = self.append(account, table, csv.into()).await;
        appended.map_err(Error::Rows)
    }

    async fn append(&self, name: &str, table: &str, csv: Bytes) -> Result<(), String> {
        let known = self.accounts().keys().map(String::as_str);
        let account = self.accounts().get(name);
        let account = account.ok_or_else(|| unknown_account(name, known))?;
        let rows = account.rows.as_ref().ok_or_else(|| {
            format!(
                "account `{name}` (kind `{}`) is for no service that takes rows",
                account.binding.kind
            )
        })?;
        let url = rows.url(table)?;
        let token = signed_in(account.token(self, None).await)?;
        let reply = self.put(&url, &token, csv.clone()).await?;
        if reply.response.status() != http::StatusCode::UNAUTHORIZED {
            return judged(reply, &token, name, table, self).await;
        }
        let token = signed_in(account.token(self, Some(&token)).await)?;
        let reply = self.put(&url, &token, csv).await?;
        judged(reply, &token, name, table, self).await
    }

    async fn put(&self, url: &str, token: &AccessToken, csv: Bytes) -> Result<Received, String> {
        let (url, origin) = parse_url(url)?;
        self.client().check_scheme(&origin)?;
        let mut request = Request::new(Outgoing::bytes(csv));
        *request.method_mut() = Method::PUT;
        let uri = url.as_str().parse();
        *request.uri_mut() = uri.map_err(|_| format!("the URL at `{origin}` cannot be sent"))?;
        let length = HeaderValue::from(request.body().length());
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_LENGTH, length);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::AUTHORIZATION, token.header());
        let sent = self.client().send(request, &origin).await;
        sent.map_err(|error| error.to_string())
    }
}

fn signed_in(token: Result<Arc<AccessToken>, SignInError>) -> Result<Arc<AccessToken>, String> {
    token.map_err(|error| match error {
        SignInError::Refused(why) | SignInError::Unavailable(why) => why,
    })
}

async fn judged(
    reply: Received,
    token: &AccessToken,
    account: &str,
    table: &str,
    tenant: &Tenant,
) -> Result<(), String> {
    let (parts, body, connection) = reply.into_parts();
    if parts.status.is_success() {
        return Ok(());
    }
    let body = Limited::new(body, REPLY_BYTES).collect();
    let body = match tokio::time::timeout(tenant.client().idle(), body).await {
        Ok(Ok(body)) => body.to_bytes(),
        _ => {
            connection.forget();
            Bytes::new()
        }
    };
    let status = parts.status.as_u16();
    let mut text = format!("rows for `{table}` were refused to account `{account}`: HTTP {status}");
    text.push_str(&said(&body, token));
    if let Some(hint) = hint(status) {
        text.push_str(&format!("\nhint: {hint}"));
    }
    Err(text)
}

/// What the service says, on one line, and nothing where it says it in HTML.
fn said(body: &[u8], token: &AccessToken) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let member = |key: &str| body.get(key).and_then(Value::as_str);
    let mut told = String::new();
    if let Some(message) = member("message").or_else(|| member("statusReason")) {
        told.push_str(&format!(" `{}`", message.trim_end_matches('.')));
    }
    if let Some(toe) = member("toe") {
        told.push_str(&format!(" (toe `{toe}`)"));
    }
    let header = token.header();
    if let Some(token) = header
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("Bearer "))
    {
        told = told.replace(token, "…");
    }
    printable::line(&told, SAID_CHARS)
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
