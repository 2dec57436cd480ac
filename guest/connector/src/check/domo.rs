//! The checks on Domo's side.

use super::{Report, Status};
use crate::call::Run;
use crate::domo::DataSet;
use crate::error::Failure;
use crate::export::{self, Judgement};
use crate::guard;
use crate::job::Job;
use crate::ports::{Identity, Ports};
use crate::refusal::Service;

pub(super) fn check<P: Ports>(
    run: &mut Run<'_, P>,
    job: &Job,
    report: &mut Report,
) -> Result<Option<DataSet>, Failure> {
    let account = run.account(Service::Domo, &job.domo.account);
    let account = report.settle("domo-sign-in", account, |account| {
        signed_in(&account.identity)
    })?;
    let dataset = export::metadata(run, &account, &job.domo.dataset);
    let dataset = report.settle("dataset", dataset, described)?;
    let owner = export::owner(run, &account, job.domo.owner, &dataset);
    judged(
        report,
        "owner",
        owner,
        "nothing speaks against the client's user",
    )?;
    let pdp = export::pdp(job.domo.pdp, &dataset, &account.identity);
    let calm = match dataset.pdp {
        true => "the DataSet has personalized data permissions, and the job allows that",
        false => "the DataSet has no personalized data permissions",
    };
    judged(report, "pdp", pdp, calm)?;
    let guard = guard::foresee(&job.guard, &dataset);
    let calm = "nothing in Domo's metadata speaks against the job's `[guard]`";
    judged(report, "guard", guard, calm)?;
    Ok(Some(dataset))
}

fn signed_in(identity: &Identity) -> String {
    let user = identity.subject.as_deref().unwrap_or("unknown");
    let role = match identity.roles.is_empty() {
        true => "unknown".to_owned(),
        false => identity.roles.join(", "),
    };
    format!("signed in as user {user}, role {role}")
}

fn described(dataset: &DataSet) -> String {
    let number =
        |n: Option<u64>| n.map_or_else(|| "an unknown number of".to_owned(), |n| n.to_string());
    format!(
        "`{}` has {} rows and {} columns",
        dataset.name,
        number(dataset.rows),
        number(dataset.columns)
    )
}

/// A refusal here is a finding, and what comes after it can still be seen.
fn judged(
    report: &mut Report,
    check: &'static str,
    judgement: Judgement,
    calm: &str,
) -> Result<(), Failure> {
    match judgement {
        Judgement::Fine => report.add(check, Status::Ok, calm),
        Judgement::Warn(text) => report.add(check, Status::Warning, text),
        Judgement::Refuse(failure) => {
            let _ = report.settle::<()>(check, Err(failure), |()| String::new());
        }
    }
    Ok(())
}
