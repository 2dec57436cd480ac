//! `schema`: the JSON Schema of a document. The connector knows its own; the configuration is the host's.

use writeback_host::config::Config;

use crate::cli::Document;
use crate::error::Error;
use crate::exit::Exit;
use crate::sandbox::Sandbox;
use crate::settings::Settings;
use crate::stdout;

/// Prints the schema, indented.
pub async fn schema(document: Document, settings: &Settings) -> Result<Exit, Error> {
    let schema = match document {
        Document::Config => schemars::schema_for!(Config).to_value(),
        Document::Job => of_connector("job", settings).await?,
        Document::Receipt => of_connector("receipt", settings).await?,
        Document::Check => of_connector("check", settings).await?,
        Document::Query => of_connector("query", settings).await?,
    };
    stdout::write(format!("{schema:#}\n").as_bytes()).map(|()| Exit::Done)
}

async fn of_connector(document: &str, settings: &Settings) -> Result<serde_json::Value, Error> {
    let sandbox = Sandbox::open(Config::default(), settings).await?;
    Ok(sandbox.schema(document).clone())
}
