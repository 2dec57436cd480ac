//! `account test`: signs in, and prints who that is, what they may do, and what is missing for a writeback.

use serde_json::{Value, json};

use crate::cli::AccountTest;
use crate::commands::check::exit;
use crate::config;
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::stop_on_signal;
use crate::progress::Teller;
use crate::render::identity::Tested;
use crate::sandbox::Sandbox;
use crate::settings::Settings;
use crate::stdout;

/// Asks the connector, and ends as the failed findings would end a run.
pub async fn test(arguments: &AccountTest, settings: &Settings) -> Result<Exit, Error> {
    let sandbox = Sandbox::open(config::load(&settings.config)?, settings).await?;
    let name = sandbox.accounts.named(&arguments.name)?;
    let cancel = stop_on_signal(settings)?;
    let teller = Teller::live(settings, &name);
    let query = json!({"kind": "account", "account": name}).to_string();
    let outcome = sandbox
        .lend(std::slice::from_ref(&name), &teller, &cancel)
        .browse(&query)
        .await;
    teller.finish();
    let unreadable = |cause| Error::failed("the connector's answer cannot be read").because(&cause);
    let answer: Value = serde_json::from_str(&outcome?).map_err(unreadable)?;
    let tested = Tested::read(&name, &answer).map_err(unreadable)?;
    match arguments.json {
        true => stdout::json_line(&answer)?,
        false => stdout::write(tested.text(settings.stdout).as_bytes())?,
    }
    Ok(exit(&tested.report))
}
