//! A check report as text: one line a finding, its mark first, its hint below.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::render::paint::{Paint, Tone};
use crate::render::words::printable;

/// What `check` found. Keys of a newer connector are carried along unread.
#[derive(Debug, Deserialize, Serialize)]
pub struct Report {
    /// The job's name.
    pub job: String,
    /// Whether nothing failed.
    pub ok: bool,
    /// In the order of the checks.
    pub findings: Vec<Finding>,
    /// Hosts that uploads and downloads of this job would go to, as far as seen.
    #[serde(default)]
    pub upload_hosts: Vec<String>,
    /// The rest.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// One thing looked at.
#[derive(Debug, Deserialize, Serialize)]
pub struct Finding {
    /// A stable word for what was looked at.
    pub check: String,
    /// How it went.
    pub status: Status,
    /// What was seen.
    pub message: String,
    /// One action that would help.
    #[serde(default)]
    pub hint: Option<String>,
    /// Where the check failed: the code that the job would fail with.
    #[serde(default)]
    pub code: Option<String>,
    /// Seconds after which it may succeed.
    #[serde(default)]
    pub retry_after: Option<u64>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// As it should be.
    Ok,
    /// The job would run, but look.
    Warning,
    /// The job would fail.
    Failed,
    /// Cannot be seen without writing, or was not reached.
    NotChecked,
}

impl Status {
    fn mark(self) -> (&'static str, Tone) {
        match self {
            Self::Ok => ("ok", Tone::Good),
            Self::Warning => ("warning", Tone::Doubtful),
            Self::Failed => ("failed", Tone::Bad),
            Self::NotChecked => ("not checked", Tone::Faint),
        }
    }
}

impl Report {
    /// For people.
    pub fn text(&self, paint: Paint) -> String {
        let widest = self
            .findings
            .iter()
            .map(|finding| finding.check.len())
            .max()
            .unwrap_or(0);
        let mut text = format!("{}\n", paint.tone(Tone::Strong, &printable(&self.job)));
        for finding in &self.findings {
            finding.lines(&mut text, widest, paint);
        }
        let (verdict, tone) = match self.count(Status::Failed) {
            0 => ("nothing stands in the way".to_owned(), Tone::Good),
            1 => ("1 check failed".to_owned(), Tone::Bad),
            many => (format!("{many} checks failed"), Tone::Bad),
        };
        let warnings = match self.count(Status::Warning) {
            0 => String::new(),
            1 => ", 1 warning".to_owned(),
            many => format!(", {many} warnings"),
        };
        let unseen = match self.count(Status::NotChecked) {
            0 => String::new(),
            unseen => format!(", {unseen} not checked"),
        };
        let _ = writeln!(text, "{}{warnings}{unseen}", paint.tone(tone, &verdict));
        text
    }

    fn count(&self, status: Status) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.status == status)
            .count()
    }
}

impl Finding {
    fn lines(&self, text: &mut String, widest: usize, paint: Paint) {
        let (mark, tone) = self.status.mark();
        let mark = paint.tone(tone, &format!("{mark:11}"));
        let (check, message) = (printable(&self.check), printable(&self.message));
        let _ = writeln!(text, "  {mark}  {check:widest$}  {message}");
        if let Some(hint) = self.hint.as_deref().map(printable) {
            let indent = 2 + 11 + 2 + widest + 2;
            let _ = writeln!(
                text,
                "{:indent$}{} {hint}",
                "",
                paint.tone(Tone::Accent, "hint:")
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"schema":1,"job":"daily sales","ok":false,"upload_hosts":[],"findings":[
        {"check":"domo-sign-in","status":"ok","message":"signed in as user 27","hint":null},
        {"check":"site","status":"failed","message":"no site `x`","hint":"`writeback browse sites`"},
        {"check":"upload-session","status":"not-checked","message":"opens one only with `--probe`"}]}"#;

    #[test]
    fn lines_up_marks_checks_and_hints() {
        let report: Report = serde_json::from_str(REPORT).unwrap();
        let expected = "\
daily sales
  ok           domo-sign-in    signed in as user 27
  failed       site            no site `x`
                               hint: `writeback browse sites`
  not checked  upload-session  opens one only with `--probe`
1 check failed, 1 not checked
";
        assert_eq!(report.text(Paint::plain()), expected);
    }

    #[test]
    fn a_service_s_words_do_not_steer_the_terminal() {
        let report: Report = serde_json::from_str(&REPORT.replace("`x`", "\\u001b[2J")).unwrap();
        let text = report.text(Paint::plain());
        assert!(text.contains("no site [2J\n"), "{text}");
    }

    #[test]
    fn keys_it_does_not_know_survive() {
        let report: Report = serde_json::from_str(REPORT).unwrap();
        assert_eq!(serde_json::to_value(&report).unwrap()["schema"], 1);
    }
}
