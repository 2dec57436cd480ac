//! What each verb does, one noun a file.

mod account;
mod audit;
mod browse;
mod erase;
mod export;
mod follow;
mod job;
mod run;
mod schedule;
mod target;
mod tenant;
mod tokens;
mod whoami;

use writeback_policy::Exit;

use crate::cli::Command;
use crate::desk::Desk;
use crate::error::Error;

/// Does what was typed.
pub async fn dispatch(command: &Command, desk: &mut Desk) -> Result<Exit, Error> {
    match command {
        Command::Run(run) => return run::run(&run.verb, desk).await,
        Command::Job(job) => return job::job(&job.verb, desk).await,
        Command::Whoami => whoami::whoami(desk).await?,
        Command::Tenant(tenant) => tenant::tenant(&tenant.verb, desk).await?,
        Command::Token(token) => tokens::token(token, desk).await?,
        Command::Account(account) => account::account(&account.verb, desk).await?,
        Command::Schedule(schedule) => schedule::schedule(&schedule.verb, desk).await?,
        Command::Target(target) => target::target(&target.verb, desk).await?,
        Command::Audit {
            limit,
            installation,
        } => audit::audit(*limit, *installation, desk).await?,
        Command::Browse(browse) => browse::browse(browse, desk).await?,
    }
    Ok(Exit::Done)
}
