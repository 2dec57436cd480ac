//! What the database holds, a table a file. Every statement on a tenant's rows names the tenant.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod erasures;
pub(crate) mod history;
pub(crate) mod idempotency;
pub(crate) mod jobs;
pub(crate) mod runs;
pub(crate) mod schedules;
pub(crate) mod targets;
pub(crate) mod tenants;
pub(crate) mod tokens;
