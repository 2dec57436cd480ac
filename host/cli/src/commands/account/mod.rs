//! `account`: the accounts of the configuration, one file for each thing that can be done with them. None prints a
//! secret's value.

mod add;
mod ask;
mod draft;
mod list;
mod login;
mod remove;
mod secrets;
mod test;
mod vault;

use crate::cli::AccountVerb;
use crate::error::Error;
use crate::exit::Exit;
use crate::settings::Settings;

/// Does what was typed after `account`.
pub async fn account(verb: &AccountVerb, settings: &Settings) -> Result<Exit, Error> {
    match verb {
        AccountVerb::Add(arguments) => add::add(arguments, settings).await,
        AccountVerb::Remove(arguments) => remove::remove(arguments, settings).await,
        AccountVerb::List(arguments) => list::list(arguments, settings).await,
        AccountVerb::Test(arguments) => test::test(arguments, settings).await,
        AccountVerb::Login(arguments) => login::login(arguments, settings).await,
        AccountVerb::Logout(arguments) => login::logout(arguments, settings).await,
    }
}
