//! All that can be seen of a job's chances without writing.
//!
//! With `probe` an upload session is opened and deleted: the one thing that leaves a
//! trace in SharePoint's log, and none in the library.

mod domo;
mod report;
mod sharepoint;

pub use report::{CHECKS, Finding, Report, Status};
pub(crate) use sharepoint::permissions;

use crate::call::Run;
use crate::error::{Code, Failure};
use crate::job::Job;
use crate::ports::Ports;

/// Checks a job; the answer is a report in JSON.
pub fn check<P: Ports>(ports: &P, job: &str) -> Result<String, Failure> {
    let job = Job::parse(job)?;
    let mut run = Run::new(ports, job.retry);
    let mut report = Report::new(&job.name, &CHECKS);
    let dataset = domo::check(&mut run, &job, &mut report).or_else(stop)?;
    sharepoint::check(&mut run, &job, dataset.as_ref(), &mut report).or_else(stop)?;
    Ok(report.document().to_string())
}

/// A finding that failed ends its side of the check; a cancelled run ends it all.
pub(crate) fn stop<T: Default>(failure: Failure) -> Result<T, Failure> {
    match failure.code {
        Code::Cancelled => Err(failure),
        _ => Ok(T::default()),
    }
}
