//! A reply that is not the one hoped for, and what it means for the job.
//!
//! The one place where an HTTP status becomes a failure code.

use crate::error::{Code, Failure};
use std::fmt;

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Domo's public API.
    Domo,
    /// Microsoft Graph, or SharePoint behind an upload URL.
    SharePoint,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Domo => "Domo",
            Self::SharePoint => "SharePoint",
        })
    }
}

/// What a service said when it refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Who refused.
    pub service: Service,
    /// The status code.
    pub status: u16,
    /// The service's own code, or its status text; may be empty.
    pub code: String,
    /// The service's own words; may be empty.
    pub message: String,
    /// Name and value of the id that the service's support asks for.
    pub trace: Option<(&'static str, String)>,
    /// The pause asked for, in milliseconds.
    pub after: Option<u64>,
    /// Whether the reply was a page for people.
    pub html: bool,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {}", self.service, self.status)?;
        if self.html {
            f.write_str(" with a web page")?;
        }
        if !self.code.is_empty() {
            write!(f, " `{}`", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message.trim_end_matches('.'))?;
        }
        Ok(())
    }
}

impl Refusal {
    /// The same with the id that the service's support asks for.
    pub fn traced(&self) -> String {
        match &self.trace {
            Some((name, id)) => format!("{self} ({name} `{id}`)"),
            None => self.to_string(),
        }
    }
}

/// A refusal that stands, with what was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What was being done, such as "reading DataSet `x`".
    pub what: String,
    /// What was said last.
    pub refusal: Refusal,
    /// How often it was tried, and for how long: "5 attempts in 42 s".
    pub tried: String,
    /// Why it was not tried again, where that is not for the number of attempts.
    pub left: Option<String>,
    /// What the account's token lacks, where that is known.
    pub hint: Option<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {} (", self.what, self.refusal)?;
        if let Some((name, id)) = &self.refusal.trace {
            write!(f, "{name} `{id}`, ")?;
        }
        f.write_str(&self.tried)?;
        if let Some(left) = &self.left {
            write!(f, "; {left}")?;
        }
        f.write_str(")")
    }
}

/// "1 attempt", "5 attempts in 42 s".
pub fn attempts(count: u32, took: u64) -> String {
    match count {
        1 => within("1 attempt".to_owned(), took),
        n => within(format!("{n} attempts"), took),
    }
}

/// The same of anything that took so many milliseconds.
pub fn within(what: String, took: u64) -> String {
    match took {
        ..1000 => what,
        took => format!("{what} in {}", span(took)),
    }
}

/// Milliseconds as "42 s", "10 min" or "2 h 3 min 4 s".
pub fn span(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let parts = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect();
    match told.is_empty() {
        true => "0 s".to_owned(),
        false => told.join(" "),
    }
}

impl Refused {
    /// The failure under a code that the caller knows better.
    pub fn coded(self, code: Code) -> Failure {
        Failure::new(code, self.to_string())
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let meaning = match refused.refusal.service {
            Service::Domo => domo(&refused.refusal),
            Service::SharePoint => sharepoint(&refused.refusal),
        };
        let Meaning(code, hint, again) = meaning;
        let asked = refused.refusal.after.map(|ms| ms.div_ceil(1000));
        Failure {
            code,
            message: refused.to_string(),
            hint: refused.hint.clone().or(hint.map(str::to_owned)),
            retry_after: again.map(|seconds| asked.unwrap_or(seconds).max(1)),
        }
    }
}

/// Code, hint, and seconds after which a new start may succeed.
struct Meaning(Code, Option<&'static str>, Option<u64>);

fn domo(refusal: &Refusal) -> Meaning {
    let barred = refusal.message.contains("(403)");
    match refusal.status {
        401 | 406 => Meaning(
            Code::SignInDomo,
            Some(
                "check that the client still exists under Admin > Authentication > API Clients and has the scope `data`",
            ),
            None,
        ),
        _ if barred => Meaning(Code::DataSetForbidden, Some(SHARE), None),
        403 => Meaning(Code::DataSetForbidden, Some(SHARE), None),
        404 => Meaning(
            Code::DataSetNotFound,
            Some(
                "copy the id from the DataSet's URL, after `datasources/`, or run `writeback browse datasets`",
            ),
            None,
        ),
        429 => Meaning(
            Code::DomoThrottled,
            Some("run the job later or less often"),
            Some(60),
        ),
        408 | 500..=599 => Meaning(
            Code::DomoUnavailable,
            Some("run the job again later"),
            Some(60),
        ),
        _ if refusal.html => Meaning(
            Code::DomoUnavailable,
            Some("run the job again later"),
            Some(300),
        ),
        _ => Meaning(Code::DomoRefused, None, None),
    }
}

const SHARE: &str = "share the DataSet with the user who created the Domo client";

fn sharepoint(refusal: &Refusal) -> Meaning {
    let name = [
        "nameContainsInvalidCharacters",
        "pathIsTooLong",
        "invalidName",
    ];
    match refusal.status {
        401 => Meaning(
            Code::SignInSharePoint,
            Some("check that the account's tenant and cloud are those of the site"),
            None,
        ),
        403 => Meaning(Code::SharePointForbidden, None, None),
        423 => Meaning(
            Code::FileLocked,
            Some("close the file where it is open or checked out, or use `if_locked = \"rename\"`"),
            Some(300),
        ),
        507 => Meaning(
            Code::QuotaExceeded,
            Some("free or add storage of the site; old versions of the file count too"),
            None,
        ),
        429 | 509 => Meaning(
            Code::SharePointThrottled,
            Some("run the job later, or raise `max_wait_seconds` under `[retry]`"),
            Some(60),
        ),
        408 | 500..=599 => Meaning(
            Code::SharePointUnavailable,
            Some("run the job again later"),
            Some(60),
        ),
        _ if name.contains(&refusal.code.as_str()) => Meaning(
            Code::NameRefused,
            Some("choose a shorter or simpler file name or folder"),
            None,
        ),
        _ if refusal.html => Meaning(
            Code::SharePointUnavailable,
            Some("run the job again later"),
            Some(300),
        ),
        _ => Meaning(Code::SharePointRefused, None, None),
    }
}
