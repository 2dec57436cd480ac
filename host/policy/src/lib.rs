//! What a configuration says, and what it lets a run do: which URL an account is spent on, which headers a
//! component may set, what of a reply it may see.
//!
//! Text decides, and nothing here opens a socket, reads a clock or knows a secret's value. So one policy
//! serves the native host and, compiled to wasm, the adapter for other platforms.
#![forbid(unsafe_code)]

mod admit;
mod allow;
mod binding;
pub mod config;
mod exit;
mod headers;
mod limit;
mod links;
mod one_line;
mod origin;
mod permit;
mod reply;
mod steers;
mod target;
pub mod toml_text;

pub use admit::{Refused, Wanted};
pub use allow::{AllowedOrigin, HostPattern};
pub use binding::{Binding, FixedService, RENEWALS, unknown_account};
pub use exit::Exit;
pub use headers::{HeaderLimits, header_bytes, is_framing, police};
pub use limit::LimitExceeded;
pub use links::{Link, Links, links_named_in};
pub use one_line::one_line;
pub use origin::{Endpoint, Origin, proxy_origin};
pub use permit::{Policy, Target};
pub use reply::{Care, JSON_BYTES, PAGE_BYTES, care, page_without, visible_headers, without_links};
pub use steers::steers;
pub use target::{Reach, Service, parse_url};
