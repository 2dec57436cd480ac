//! The verbs after `runs`.

mod forget;
mod list;
mod resume;
mod show;
mod told;

use crate::cli::RunsVerb;
use crate::config;
use crate::error::Error;
use crate::exit::Exit;
use crate::sandbox::tenant;
use crate::settings::Settings;

/// Does what was typed.
pub async fn runs(verb: &RunsVerb, settings: &Settings) -> Result<Exit, Error> {
    let load = || config::load(&settings.config);
    match verb {
        RunsVerb::List(arguments) => list::list(arguments, &tenant(load()?)?.runs(), settings),
        RunsVerb::Show(arguments) => show::show(arguments, &tenant(load()?)?.runs(), settings),
        RunsVerb::Resume(arguments) => resume::resume(arguments, load()?, settings).await,
        RunsVerb::Forget(arguments) => {
            forget::forget(arguments, &tenant(load()?)?.runs(), settings)
        }
    }
}
