//! `check`: what can be seen of a job's chances without writing. Adds to the connector's findings the one thing
//! that only the configuration knows: whether links may lead where this job's uploads go.

use serde_json::Value;
use writeback_host::CancelToken;

use super::each::{Jobs, each};
use crate::cli::{self, Report};
use crate::error::Error;
use crate::exit::Exit;
use crate::job::Job;
use crate::progress::Teller;
use crate::render::check::{self, Finding, Status};
use crate::sandbox::Sandbox;
use crate::settings::Settings;
use crate::stdout;

/// Checks every job and ends with the worst exit of all.
pub async fn check(arguments: &cli::Check, settings: &Settings) -> Result<Exit, Error> {
    let jobs = Jobs {
        paths: &arguments.jobs,
        overrides: &arguments.overrides,
        report: arguments.report,
    };
    let work = async |sandbox: &Sandbox, loaded: Result<Job, Error>, cancel: &CancelToken| {
        report_of(sandbox, loaded?, arguments.probe, settings, cancel).await
    };
    let format = arguments.report;
    let print = |report: &check::Report| print(report, format, settings).map(|()| exit(report));
    each(jobs, settings, work, print).await
}

async fn report_of(
    sandbox: &Sandbox,
    mut job: Job,
    probe: bool,
    settings: &Settings,
    cancel: &CancelToken,
) -> Result<check::Report, Error> {
    let accounts = sandbox.accounts_of(&job.document)?;
    if probe {
        job.document["probe"] = Value::Bool(true);
    }
    let teller = Teller::live(settings, &job.name);
    let outcome = sandbox
        .lend(&accounts, &teller, cancel)
        .check(&job.document.to_string())
        .await;
    teller.finish();
    let mut report: check::Report = serde_json::from_str(&outcome?)
        .map_err(|cause| Error::failed("the connector's report cannot be read").because(&cause))?;
    if let Some((account, allowed)) = sandbox.accounts.hosts_of(&accounts) {
        report
            .findings
            .extend(hosts(&report.upload_hosts, account, allowed));
    }
    report.ok = report
        .findings
        .iter()
        .all(|finding| finding.status != Status::Failed);
    Ok(report)
}

/// Whether `allowed` covers the `seen` hosts, with the line that would; nothing where none was seen.
fn hosts(seen: &[String], account: &str, allowed: &[String]) -> Option<Finding> {
    let missing: Vec<_> = seen
        .iter()
        .filter(|host| !allowed.iter().any(|known| same_host(known, host)))
        .cloned()
        .collect();
    let quoted = |hosts: &[String]| {
        hosts
            .iter()
            .map(|host| format!("`{host}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let finding = |status, message, hint| Finding {
        check: "upload-hosts".to_owned(),
        status,
        message,
        hint,
        code: (status == Status::Failed).then(|| "denied".to_owned()),
        retry_after: None,
    };
    if seen.is_empty() {
        return None;
    }
    if missing.is_empty() {
        return Some(finding(
            Status::Ok,
            format!(
                "uploads go to {}, which the account `{account}` allows",
                quoted(seen)
            ),
            None,
        ));
    }
    let line = [allowed, &missing]
        .concat()
        .iter()
        .map(|host| format!("\"{host}\""))
        .collect::<Vec<_>>()
        .join(", ");
    let message = format!(
        "uploads go to {}, which the account `{account}` does not allow",
        quoted(&missing)
    );
    Some(finding(
        Status::Failed,
        message,
        Some(format!(
            "write `hosts = [{line}]` under `[accounts.{account}]` of the configuration"
        )),
    ))
}

/// `host`, `host:443` and `https://host` are one place.
fn same_host(one: &str, other: &str) -> bool {
    let bare = |host: &str| {
        host.trim_start_matches("https://")
            .trim_end_matches('/')
            .trim_end_matches(":443")
            .to_ascii_lowercase()
    };
    bare(one) == bare(other)
}

fn print(report: &check::Report, format: Report, settings: &Settings) -> Result<(), Error> {
    match format {
        Report::Text => stdout::write(report.text(settings.stdout).as_bytes()),
        Report::Json => {
            let value = serde_json::to_value(report)
                .map_err(|cause| Error::failed("the report cannot be printed").because(&cause))?;
            stdout::json_line(&value)
        }
    }
}

/// The worst of what the failed checks would end a run with.
pub(super) fn exit(report: &check::Report) -> Exit {
    let failed = report
        .findings
        .iter()
        .filter(|finding| finding.status == Status::Failed);
    let exits = failed.map(|finding| match &finding.code {
        Some(code) => Exit::of_failure(code, finding.retry_after),
        None => Exit::Failed,
    });
    exits.max().unwrap_or(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_host_that_is_not_allowed_comes_with_the_whole_line() {
        let found = hosts(
            &strings(&["b.sharepoint.com", "a.sharepoint.com"]),
            "share",
            &strings(&["a.sharepoint.com"]),
        )
        .unwrap();
        assert_eq!(found.status, Status::Failed);
        assert_eq!(
            found.hint.unwrap(),
            "write `hosts = [\"a.sharepoint.com\", \"b.sharepoint.com\"]` under `[accounts.share]` of the configuration"
        );
    }

    #[test]
    fn the_same_host_may_be_spelt_in_several_ways() {
        let found = hosts(
            &strings(&["A.sharepoint.com"]),
            "share",
            &strings(&["https://a.sharepoint.com:443/"]),
        )
        .unwrap();
        assert_eq!(found.status, Status::Ok);
        assert!(!same_host("http://127.0.0.1:1", "127.0.0.1:1"));
    }

    #[test]
    fn nothing_seen_is_nothing_said() {
        assert!(hosts(&[], "share", &[]).is_none());
    }

    #[test]
    fn the_worst_failure_decides_the_exit() {
        let exit_of = |codes: &[(&str, Option<u64>)]| {
            let findings: Vec<Value> = codes
                .iter()
                .map(|(code, after)| {
                    serde_json::json!({"check": "site", "status": "failed", "message": "m", "code": code, "retry_after": after})
                })
                .collect();
            let report = serde_json::json!({"job": "j", "ok": false, "findings": findings});
            exit(&serde_json::from_value(report).unwrap())
        };
        let away = ("sharepoint-unavailable", Some(60));
        assert_eq!(exit_of(&[]), Exit::Done);
        assert_eq!(exit_of(&[away]), Exit::Retry);
        assert_eq!(exit_of(&[away, ("site-not-found", None)]), Exit::Failed);
        assert_eq!(exit_of(&[("sign-in-domo", None), away]), Exit::SignIn);
        assert_eq!(exit_of(&[("denied", None), away]), Exit::Configuration);
    }
}
