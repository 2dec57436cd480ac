//! The findings of a check, in a fixed order.

use crate::error::{Code, Failure};
use serde_json::{Value, json};

/// Every check, in the order of the report.
pub const CHECKS: [&str; 13] = [
    "domo-sign-in",
    "dataset",
    "owner",
    "pdp",
    "guard",
    "sharepoint-sign-in",
    "permissions",
    "site",
    "library",
    "folder",
    "filename",
    "existing-file",
    "upload-session",
];

/// How one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Fine.
    Ok,
    /// The job would run, and tell.
    Warning,
    /// The job would fail.
    Failed,
    /// Not seen.
    NotChecked,
}

impl Status {
    /// The report's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::NotChecked => "not-checked",
        }
    }
}

/// One check's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which check.
    pub check: &'static str,
    /// How it ended.
    pub status: Status,
    /// What was found.
    pub message: String,
    /// One action that would help.
    pub hint: Option<String>,
    /// The failure's word for programs, where the check failed.
    pub code: Option<Code>,
    /// Seconds after which it may succeed.
    pub retry_after: Option<u64>,
}

/// All findings.
pub struct Report {
    job: String,
    /// What there is to check, in the order of the report.
    checks: &'static [&'static str],
    findings: Vec<Finding>,
    hosts: Vec<String>,
}

impl Report {
    /// A report without findings.
    pub fn new(job: &str, checks: &'static [&'static str]) -> Self {
        Self {
            job: job.to_owned(),
            checks,
            findings: Vec::new(),
            hosts: Vec::new(),
        }
    }

    /// Adds a finding.
    pub fn add(&mut self, check: &'static str, status: Status, message: impl Into<String>) {
        let message = message.into();
        self.findings.push(Finding {
            check,
            status,
            message,
            hint: None,
            code: None,
            retry_after: None,
        });
    }

    /// Adds what a result says: its text, or its failure.
    pub fn settle<T>(
        &mut self,
        check: &'static str,
        result: Result<T, Failure>,
        told: impl FnOnce(&T) -> String,
    ) -> Result<T, Failure> {
        match &result {
            Ok(value) => self.add(check, Status::Ok, told(value)),
            Err(failure) => self.fail(check, failure),
        }
        result
    }

    /// Adds a failure, in place of what was found before.
    pub fn fail(&mut self, check: &'static str, failure: &Failure) {
        self.findings.retain(|finding| finding.check != check);
        self.findings.push(Finding {
            check,
            status: Status::Failed,
            message: failure.message.clone(),
            hint: failure.hint.clone(),
            code: Some(failure.code),
            retry_after: failure.retry_after,
        });
    }

    /// Gives the last finding a hint.
    pub fn hint(&mut self, hint: &str) {
        if let Some(finding) = self.findings.last_mut() {
            finding.hint = Some(hint.to_owned());
        }
    }

    /// Adds a host that the upload will go to.
    pub fn upload_host(&mut self, host: String) {
        if !self.hosts.contains(&host) {
            self.hosts.push(host);
        }
    }

    /// The document. What was not reached is listed as not checked.
    pub fn document(&self) -> Value {
        let failed = self
            .findings
            .iter()
            .any(|finding| finding.status == Status::Failed);
        json!({
            "schema": 1,
            "job": self.job,
            "ok": !failed,
            "findings": self.documents(),
            "upload_hosts": self.hosts,
        })
    }

    /// Every check with its finding. What was not reached is listed as not checked.
    pub fn documents(&self) -> Vec<Value> {
        self.checks
            .iter()
            .map(|check| self.finding(check))
            .collect()
    }

    fn finding(&self, check: &str) -> Value {
        let found = self.findings.iter().find(|finding| finding.check == check);
        let Some(found) = found else {
            let message = "an earlier check has to succeed first";
            return json!({
                "check": check,
                "status": Status::NotChecked.word(),
                "message": message,
                "hint": null,
                "code": null,
                "retry_after": null,
            });
        };
        json!({
            "check": check,
            "status": found.status.word(),
            "message": found.message,
            "hint": found.hint,
            "code": found.code.map(Code::as_str),
            "retry_after": found.retry_after,
        })
    }
}
