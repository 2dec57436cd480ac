//! The API under `/v1`: who may ask what, and what is answered. Its OpenAPI document is made of the same routes.

mod accounts;
mod audit;
mod auth;
mod body;
mod browse;
mod erase;
mod etag;
mod events;
mod export;
mod history;
mod idempotency;
mod jobs;
mod names;
mod openapi;
mod ops;
mod paging;
mod problem;
mod rates;
mod router;
mod runs;
mod schedules;
mod targets;
mod tenants;
mod tokens;

pub(crate) use auth::new_token;
pub(crate) use names::Checks;
pub use openapi::document;
pub use rates::Rates;
pub use router::{health, router};
