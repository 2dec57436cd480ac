//! What goes wrong on purpose: rules matched against requests, fired a counted number of times. No timers.
//!
//! A fault file is a list of rules, in TOML or the same in JSON:
//!
//! ```toml
//! [[fault]]                       # the second fragment of any upload is throttled, twice
//! service = "upload"              # domo | login | graph | upload; any when absent
//! method = "PUT"                  # any when absent
//! path = "uploadSession"          # contained in path and query; with a `*` a glob over the whole
//! nth = 2                         # first matching request, from 1 (the default)
//! times = 2                       # requests in a row (default 1; 0 is for ever)
//! action = { status = { status = 429, headers = { retry-after = "1" }, body = { error = { code = "tooManyRequests" } } } }
//!
//! [[fault]]                       # the export ends 1000 bytes in, and looks whole
//! path = "/data?"
//! action = { truncate-body = { after = 1000, end = "clean" } }   # reset | clean | stall
//!
//! [[fault]]
//! path = "/data?"
//! action = { hook = { name = "short-export", value = 3 } }
//! ```
//!
//! Further actions: `"reset"`, `{ cut-request = { after = 1000 } }`, `"lost-reply"`, `"stall"`, `"revoke-tokens"`,
//! `{ html-maintenance = {} }`, `{ patch-json = {...} }`, `{ set-headers = {...} }`. A header value `date:+30` becomes the HTTP date half a minute from now.

mod apply;
mod rules;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use apply::{before, on_reply, request_cut};
pub(crate) use rules::Faults;

use crate::state::Service;

/// One rule: which requests, which of them, and what happens to them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only this listener; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// Only this HTTP method; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Found in the path and query as sent (percent-encoded). With a `*` it is a glob over the whole of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The first matching request that it fires on, counted from 1 and from when the rule was added.
    #[serde(default = "one")]
    pub nth: u64,
    /// On how many requests in a row it fires; 0 is for ever.
    #[serde(default = "one")]
    pub times: u64,
    /// What the request log calls it, instead of the action's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What happens.
    pub action: Action,
}

fn one() -> u64 {
    1
}

/// What happens to a request on which a rule fires.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// Nothing is done, and this is the reply; the request's body is read and ignored.
    Status {
        /// HTTP status.
        status: u16,
        /// Headers of the reply; `date:+30` is the HTTP date that many seconds from now.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// Text, or JSON (which also sets the content type).
        #[serde(default)]
        body: Value,
    },
    /// The connection is closed before anything is done.
    Reset,
    /// The connection is closed in the middle of the request's body: so many bytes of it arrived.
    CutRequest {
        /// Bytes that still arrive.
        after: u64,
    },
    /// The request is done, and the connection is closed instead of a reply.
    LostReply,
    /// The reply's body ends early.
    TruncateBody {
        /// Bytes that still arrive.
        after: u64,
        /// How it ends.
        #[serde(default)]
        end: BodyEnd,
    },
    /// No reply until `POST /_sim/release`, or until the client gives up. Then the request is done as usual.
    Stall,
    /// Every token has expired when the request is done, its own included.
    RevokeTokens,
    /// The "Domo Maintenance" page, 200 and HTML by default.
    HtmlMaintenance {
        /// HTTP status.
        #[serde(default = "ok")]
        status: u16,
    },
    /// A JSON merge patch (RFC 7396) over a successful JSON reply: `null` removes a field.
    PatchJson(Value),
    /// Headers set on the reply; an empty value removes one.
    SetHeaders(BTreeMap<String, String>),
    /// A change that only the handler can make; it asks for it by name ([`Hooks::find`], [`HOOKS`]).
    Hook {
        /// Such as `short-export`.
        name: String,
        /// Its argument.
        #[serde(default)]
        value: Value,
    },
}

fn ok() -> u16 {
    200
}

/// How a truncated body ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyEnd {
    /// The connection is closed: a chunked body lacks its end, a counted one lacks bytes.
    #[default]
    Reset,
    /// A well-formed end; a `Content-Length` is dropped, so nothing but the content tells.
    Clean,
    /// Nothing more comes until `POST /_sim/release` (then the rest does) or the client gives up.
    Stall,
}

impl Fault {
    /// Reads a list of rules: JSON (`[...]` or `{"fault": [...]}`) or TOML (`[[fault]]`).
    ///
    /// # Errors
    /// When it is neither, or a rule has an unknown field or action.
    pub fn parse_list(text: &str) -> anyhow::Result<Vec<Self>> {
        rules::parse_list(text)
    }

    /// A rule for the first request whose path contains `path`.
    pub fn on(service: Service, path: &str, action: Action) -> Self {
        Self {
            service: Some(service),
            method: None,
            path: Some(path.to_owned()),
            nth: 1,
            times: 1,
            label: None,
            action,
        }
    }

    /// The name that the request log shows.
    pub fn name(&self) -> String {
        if let Some(label) = &self.label {
            return label.clone();
        }
        match &self.action {
            Action::Status { status, .. } => format!("status-{status}"),
            Action::Reset => "reset".into(),
            Action::CutRequest { .. } => "cut-request".into(),
            Action::LostReply => "lost-reply".into(),
            Action::TruncateBody { .. } => "truncate-body".into(),
            Action::Stall => "stall".into(),
            Action::RevokeTokens => "revoke-tokens".into(),
            Action::HtmlMaintenance { .. } => "html-maintenance".into(),
            Action::PatchJson(_) => "patch-json".into(),
            Action::SetHeaders(_) => "set-headers".into(),
            Action::Hook { name, .. } => name.clone(),
        }
    }
}

/// The hooks there are, what each changes, and its argument. A fault file that names another is refused.
pub const HOOKS: [(&str, &str); 13] = [
    (
        "token-lifetime",
        "Domo and Entra token requests: `expires_in`, in seconds; 0 is expired at once",
    ),
    ("short-export", "Domo export: rows missing at the end (1)"),
    ("long-export", "Domo export: rows too many (1)"),
    (
        "ragged-export",
        "Domo export: the last record has a field too many, or with \"fewer\" one too few",
    ),
    (
        "open-quote-export",
        "Domo export: the last record opens a quote that nothing closes",
    ),
    ("bom-export", "Domo export: begins with a byte order mark"),
    (
        "sized-export",
        "Domo export: its length is announced (`Content-Length`)",
    ),
    (
        "end-session",
        "Upload URL: the session is gone (404) from this request on",
    ),
    (
        "expire-url",
        "Upload URL: its pre-authentication has expired (401) from this request on",
    ),
    (
        "refuse-last-fragment",
        "Upload URL: 500 for the last fragment, or only for one of so many bytes",
    ),
    (
        "alter-content",
        "Graph, finished upload: this text is appended to what is stored",
    ),
    (
        "alter-hash",
        "Graph, finished upload: the reply's quickXorHash",
    ),
    (
        "withhold-hash",
        "Graph, finished upload: the quickXorHash is absent",
    ),
];

/// The hooks that fired on this request. An axum extractor.
#[derive(Clone, Debug, Default)]
pub struct Hooks(Arc<Vec<(String, Value)>>);

impl Hooks {
    /// The argument of the hook of that name, when a rule fired it on this request.
    pub fn find(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(fired, _)| fired == name)
            .map(|(_, value)| value)
    }

    /// The hooks among the fired actions.
    pub(crate) fn among(fired: &[Action]) -> Self {
        let hooks = fired.iter().filter_map(|action| match action {
            Action::Hook { name, value } => Some((name.clone(), value.clone())),
            _ => None,
        });
        Self(Arc::new(hooks.collect()))
    }
}

impl<S: Sync> FromRequestParts<S> for Hooks {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
