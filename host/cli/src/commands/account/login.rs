//! `account login` and `account logout`: a user signs in once, and runs act for them from then on.

use writeback_host::{DevicePrompt, Tenant};

use crate::accounts::Accounts;
use crate::cli::{AccountLogin, AccountLogout};
use crate::config;
use crate::error::Error;
use crate::exit::Exit;
use crate::settings::{Settings, Talk};

/// Signs a user in, by a code or in this machine's browser.
pub async fn login(arguments: &AccountLogin, settings: &Settings) -> Result<Exit, Error> {
    let (name, tenant) = account(&arguments.name, settings)?;
    let signed_in = match arguments.browser {
        true => tenant.login_by_browser(&name, open).await,
        false => tenant.login_by_device(&name, show).await,
    };
    signed_in.map_err(refused)?;
    note(
        settings,
        &format!("signed in: runs with the account `{name}` act for this user from now on"),
    );
    Ok(Exit::Done)
}

/// Forgets the user who signed in.
pub async fn logout(arguments: &AccountLogout, settings: &Settings) -> Result<Exit, Error> {
    let (name, tenant) = account(&arguments.name, settings)?;
    let text = match tenant.logout(&name).await.map_err(refused)? {
        true => format!("the sign-in of the account `{name}` is forgotten on this machine"),
        false => format!("nobody was signed in to the account `{name}`"),
    };
    note(settings, &text);
    Ok(Exit::Done)
}

fn account(name: &str, settings: &Settings) -> Result<(String, Tenant), Error> {
    let config = config::load(&settings.config)?;
    let name = Accounts::of(&config).named(name)?;
    let tenant = Tenant::new(config.into_tenant())
        .map_err(|cause| Error::configuration("config-invalid", cause.to_string()))?;
    Ok((name, tenant))
}

/// Said even with `--quiet`: without it nobody can go on.
fn show(prompt: &DevicePrompt) {
    let minutes = prompt.lifetime.as_secs() / 60;
    eprintln!(
        "open {} on any device and enter the code {} (good for {minutes} minutes)",
        prompt.page, prompt.code
    );
}

fn open(page: &str) {
    eprintln!("to sign in, open this page in a browser of this machine:\n{page}");
    // Where there is no browser to start, the line above is all there is to do.
    let _ = open::that_detached(page);
}

fn refused(error: writeback_host::Error) -> Error {
    Error::told(Exit::SignIn, "sign-in", &error.to_string())
}

fn note(settings: &Settings, text: &str) {
    if settings.talk > Talk::Quiet {
        eprintln!("{text}");
    }
}
