//! The verbs, one file each.

mod account;
mod browse;
mod check;
mod completions;
mod component;
mod demo;
mod demo_serve;
mod each;
mod run;
mod runs;
mod schema;
mod serve;
mod simulate;
mod wit;

use crate::cli::Command;
use crate::error::Error;
use crate::exit::Exit;
use crate::settings::Settings;

/// Does what was typed.
pub async fn dispatch(command: Command, settings: &Settings) -> Result<Exit, Error> {
    match command {
        Command::Run(arguments) => run::run(&arguments, settings).await,
        Command::Check(arguments) => check::check(&arguments, settings).await,
        Command::Runs(arguments) => runs::runs(&arguments.verb, settings).await,
        Command::Browse(arguments) => browse::browse(&arguments.what, settings).await,
        Command::Account(arguments) => account::account(&arguments.verb, settings).await,
        Command::Demo(arguments) if arguments.serve => {
            demo_serve::demo_serve(&arguments, settings).await
        }
        Command::Demo(arguments) => demo::demo(&arguments, settings).await,
        Command::Serve(arguments) => serve::serve(&arguments, settings).await,
        Command::Simulate(arguments) => simulate::simulate(arguments).await,
        Command::Component(arguments) => component::component(&arguments, settings),
        Command::Schema(arguments) => schema::schema(arguments.document, settings).await,
        Command::Completions(arguments) => completions::completions(arguments.shell),
    }
}
