//! The connector, loaded into the host's sandbox with the accounts of one configuration, and the host's errors in our terms.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use writeback_host::config::Config;
use writeback_host::state::{NewRun, Opened, RunKey, StateError};
use writeback_host::{
    CancelToken, CodeSource, Connector, Engine, EngineOptions, Failure, Run, RunError, Tenant,
};

use crate::accounts::{Accounts, Slot};
use crate::error::Error;
use crate::exit::Exit;
use crate::job::Job;
use crate::progress::Teller;
use crate::settings::Settings;

/// Ready to run jobs.
pub struct Sandbox {
    connector: Connector,
    tenant: Tenant,
    description: Description,
    /// The configured accounts.
    pub accounts: Accounts,
}

/// What the component says of itself.
#[derive(Debug, Deserialize)]
struct Description {
    schemas: Value,
    accounts: Vec<Slot>,
}

impl Sandbox {
    /// Compiles the component, unless that was done before, and asks it what it is.
    pub async fn open(config: Config, settings: &Settings) -> Result<Self, Error> {
        let accounts = Accounts::of(&config);
        let mut options = EngineOptions::default();
        options.cache = config.cache_dir();
        #[cfg(debug_assertions)]
        {
            options.probe = crate::deadly::probe();
        }
        // First, for it reads the system's authorities in the background.
        let tenant = tenant(config)?;
        let connector = Engine::new(options)
            .and_then(|engine| engine.load(writeback_component::BYTES))
            .map_err(|cause| Error::failed(cause.to_string()))?;
        if let CodeSource::CompilerAlone(why) = connector.code_source() {
            let text = format!("the connector is compiled at each start: {why}");
            settings.tell("warning:", &text);
        }
        let text = connector.describe(&tenant).await?;
        let description = serde_json::from_str(&text).map_err(|cause| {
            Error::failed("the connector does not describe itself").because(&cause)
        })?;
        Ok(Self {
            connector,
            tenant,
            description,
            accounts,
        })
    }

    /// The JSON Schema of a document that the connector reads or writes.
    pub fn schema(&self, document: &str) -> &Value {
        &self.description.schemas[document]
    }

    /// The names of the accounts that `job` uses; one that is not configured is an error that tells which are.
    pub fn accounts_of(&self, job: &Value) -> Result<Vec<String>, Error> {
        self.accounts.named_by(job, &self.description.accounts)
    }

    /// Opens the run of this key, or the newest unfinished one of the same job, or a new one.
    pub fn open_run(&self, job: &Job, key: Option<&RunKey>) -> Result<Opened, Error> {
        let document = job.document.to_string();
        let mut new = NewRun::new(&self.connector, &document).title(&job.name);
        if let Some(key) = key {
            new = new.key(key);
        }
        Ok(self.tenant.runs().open(&new)?)
    }

    /// A run that may use `accounts`, is told by `teller` and stopped by `cancel`.
    pub fn lend(&self, accounts: &[String], teller: &Arc<Teller>, cancel: &CancelToken) -> Run {
        let run = self
            .connector
            .run(&self.tenant)
            .accounts(accounts.iter().cloned());
        run.progress(Arc::clone(teller) as Arc<dyn writeback_host::Progress>)
            .cancel(cancel.clone())
    }
}

/// The tenant of a configuration.
pub fn tenant(config: Config) -> Result<Tenant, Error> {
    Tenant::new(config.into_tenant())
        .map_err(|cause| Error::told(Exit::Configuration, "config-invalid", &cause.to_string()))
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        match &error {
            RunError::Failed(failure) => Self::from(failure.clone()),
            RunError::Limit(limit) => Self::new(Exit::Failed, "limit-reached", error.to_string())
                .hint(format!("raise `{}` in the configuration", limit.setting())),
            RunError::Trap { .. } => {
                Self::new(Exit::Failed, "connector-trapped", error.to_string())
                    .hint("this is a bug in the connector: report it with what `-vv` prints")
            }
            RunError::Cancelled => stopped("stopped before the end"),
            _ => Self::failed(error.to_string()),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        if failure.code == "cancelled" {
            return stopped(&failure.message);
        }
        let exit = Exit::of_failure(&failure.code, failure.retry_after);
        let mut error = Self::new(exit, failure.code, failure.message);
        error.hints.extend(failure.hint);
        error.retry_after = failure.retry_after;
        error
    }
}

impl From<StateError> for Error {
    fn from(error: StateError) -> Self {
        let text = error.to_string();
        match &error {
            StateError::KeyReused(_) => Error::configuration("run-key-reused", text).hint(
                "a key is for one job as it is: use another key, or leave it out and let the job find its own unfinished run",
            ),
            StateError::UnderWay(key) => Self::new(Exit::Retry, "run-under-way", text)
                .hint(format!("wait for its end; `writeback runs show {key}` tells where it stands")),
            StateError::Unknown(_) => Error::configuration("run-unknown", text)
                .hint("`writeback runs list` shows the runs on record"),
            StateError::Full { .. } => Self::new(Exit::Failed, "spool-full", text).hint(
                "go on with them or remove them: `writeback runs forget --interrupted`, or raise the limit",
            ),
            _ => Self::new(Exit::Failed, "state-unusable", text)
                .hint("check the folder under `state.dir` and its disk"),
        }
    }
}

/// The error of what was asked to stop.
pub fn stopped(message: &str) -> Error {
    Error::new(Exit::Retry, "cancelled", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use writeback_host::LimitExceeded;

    #[test]
    fn a_reached_limit_names_the_key_that_raises_it() {
        let error = Error::from(RunError::Limit(LimitExceeded::Wall(5)));
        assert_eq!(error.exit, Exit::Failed);
        assert_eq!(
            error.hints,
            ["raise `limits.wall_seconds` in the configuration"]
        );
    }

    #[test]
    fn a_stopped_run_is_worth_running_again() {
        assert_eq!(Error::from(RunError::Cancelled).exit, Exit::Retry);
        let told = Failure::new("cancelled", "stopped");
        assert_eq!(Error::from(told).exit, Exit::Retry);
    }

    #[test]
    fn a_failure_keeps_its_words() {
        let mut failure = Failure::new("sign-in-entra", "AADSTS7000215");
        failure.hint = Some("use the Value".into());
        let error = Error::from(RunError::Failed(failure));
        assert_eq!(
            (error.exit, error.code.as_str(), error.message.as_str()),
            (Exit::SignIn, "sign-in-entra", "AADSTS7000215")
        );
        assert_eq!(error.hints, ["use the Value"]);
    }
}
