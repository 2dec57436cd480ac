//! Jobs of many tenants, as the server has them run: the shipped component, the server's port, the simulated cloud.

mod apart;
mod hostile;
mod plain_rows;
mod resume;
mod rows;
mod run;
mod scene;
mod setup;
