//! Runs one job with secrets from a store of the program's own.
//!
//! `cargo run -- simulate` keeps a simulated cloud running and prints where its `config` and `job` are. Beside it:
//! `cargo run --example secret_store -- CONFIG JOB`. What the configuration has in files is put into the store
//! first; a configuration of your own would say `client_secret = { store = "KEY" }` from the start.

mod store;

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use store::Safe;
use writeback_host::{Engine, EngineOptions, Tenant, config};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(config), Some(job)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: secret_store CONFIG JOB");
    };
    let folder = Path::new(&config).parent().unwrap_or(Path::new("."));
    let mut document = read(&config)?;
    let mut safe = Safe::default();
    let accounts = document["accounts"].as_object_mut();
    for (name, account) in accounts.into_iter().flatten() {
        let file = account["client_secret"]["file"].as_str();
        if let Some(file) = file {
            safe.put(name, std::fs::read(folder.join(file))?);
            account["client_secret"] = json!({ "store": name });
        }
    }

    let config = config::parse(&document, folder)?;
    let connector = Engine::new(EngineOptions::default())?.load(writeback_component::BYTES)?;
    let tenant = Tenant::builder(config.into_tenant())
        .secrets(Arc::new(safe))
        .build()?;
    let receipt = connector.run(&tenant).run(&read(&job)?.to_string()).await?;
    println!("{receipt}");
    Ok(())
}

fn read(file: &str) -> anyhow::Result<Value> {
    Ok(toml::from_str(&std::fs::read_to_string(file)?)?)
}
