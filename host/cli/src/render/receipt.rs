//! A receipt as text. Reads only the keys it knows, so that a newer connector's receipt still prints.

use serde::Deserialize;

use crate::render::fields::Fields;
use crate::render::paint::{Paint, Tone};
use crate::render::units::{bytes, bytes_exact, counted, duration};
use crate::render::words::{printable, printable_document};

/// What of a receipt is shown to people.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Receipt {
    job: String,
    outcome: String,
    /// Where the file is; none where the job wanted none.
    pub file: Option<File>,
    dataset: Dataset,
    /// What left Domo.
    pub export: Export,
    verified: Option<String>,
    row_check: String,
    upload: Option<Upload>,
    attempts: Attempts,
    steps: Vec<Step>,
    warnings: Vec<String>,
}

/// Where the file is, and what SharePoint says of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct File {
    name: String,
    url: String,
    site: String,
    site_url: String,
    library: String,
    folder: String,
    /// Size as SharePoint reports it.
    pub bytes: Option<u64>,
    /// Hash as SharePoint reports it.
    pub quickxor: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dataset {
    id: String,
    name: String,
}

/// What left Domo.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Export {
    rows: u64,
    columns: u64,
    bytes: u64,
    /// Hash of the bytes that left Domo.
    pub quickxor: String,
    exports: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Upload {
    method: String,
    fragments: u64,
    sent_bytes: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attempts {
    requests: u64,
    retries: u64,
    waited_ms: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Step {
    step: String,
    ms: u64,
}

/// The receipt for people; a document that is no receipt comes back as it is.
pub fn text(json: &str, paint: Paint) -> String {
    let document = serde_json::from_str(json).map(printable_document);
    match document.and_then(serde_json::from_value::<Receipt>) {
        Ok(receipt) => receipt.text(paint),
        Err(_) => format!("{}\n", printable(json)),
    }
}

impl Receipt {
    fn text(&self, paint: Paint) -> String {
        let mut fields = Fields::default();
        if let Some(file) = &self.file {
            file.place(&mut fields);
        }
        fields.add("dataset", self.dataset());
        let size = self.file.as_ref().and_then(|file| file.bytes);
        fields.add("size", bytes_exact(size.unwrap_or(self.export.bytes)));
        fields.add("rows", self.rows());
        if let Some(verified) = &self.verified {
            fields.add("verified", self.comparison(verified));
        }
        if let Some(upload) = &self.upload {
            fields.add("upload", upload.text(self.export.bytes));
        }
        fields.add("attempts", self.attempts());
        fields.add("time", self.time());
        let head = format!(
            "{} {}",
            paint.tone(Tone::Good, &self.outcome),
            paint.tone(Tone::Strong, &self.job)
        );
        let warnings = self
            .warnings
            .iter()
            .map(|warning| format!("{} {warning}\n", paint.tone(Tone::Doubtful, "warning:")));
        format!(
            "{head}\n{}{}",
            fields.text(paint),
            warnings.collect::<String>()
        )
    }

    fn dataset(&self) -> String {
        match (self.dataset.name.as_str(), self.dataset.id.as_str()) {
            ("", id) => id.to_owned(),
            (name, id) => format!("{name}  {id}"),
        }
    }

    fn rows(&self) -> String {
        let shape = format!(
            "{} of {}",
            counted(self.export.rows, "row", "rows"),
            counted(self.export.columns, "column", "columns")
        );
        match self.row_check.as_str() {
            "metadata" => format!("{shape}, as the DataSet says"),
            "query" => format!("{shape}, as a query of the DataSet says"),
            "warned" => format!("{shape}, not what the DataSet says"),
            _ => shape,
        }
    }

    fn comparison(&self, verified: &str) -> String {
        let hash = self.file.as_ref().and_then(|file| file.quickxor.as_ref());
        let hash = hash.unwrap_or(&self.export.quickxor);
        match verified {
            "hash" => format!("size and quickXorHash equal what left Domo: {hash}"),
            "size" => format!("size equals what left Domo; hash not compared ({hash})"),
            "none" => "nothing: SharePoint reported neither size nor hash".to_owned(),
            other => other.to_owned(),
        }
    }

    fn attempts(&self) -> String {
        let mut text = counted(self.attempts.requests, "request", "requests");
        match self.attempts.retries {
            0 => text.push_str(", none repeated"),
            repeated => text.push_str(&format!(", {} repeated", repeated)),
        }
        if self.attempts.waited_ms > 0 {
            text.push_str(&format!(", paused {}", duration(self.attempts.waited_ms)));
        }
        if self.export.exports > 1 {
            text.push_str(&format!(", {} exports", self.export.exports));
        }
        text
    }

    fn time(&self) -> String {
        let total: u64 = self.steps.iter().map(|step| step.ms).sum();
        let each: Vec<_> = self
            .steps
            .iter()
            .map(|step| format!("{} {}", step.step, duration(step.ms)))
            .collect();
        if each.is_empty() {
            String::new()
        } else {
            format!("{}: {}", duration(total), each.join(", "))
        }
    }
}

impl File {
    fn place(&self, fields: &mut Fields) {
        let site = match (self.site.as_str(), self.site_url.as_str()) {
            (name, "") => name.to_owned(),
            ("", url) => url.to_owned(),
            (name, url) => format!("{name}  {url}"),
        };
        let folder = if self.folder.is_empty() {
            "the root"
        } else {
            &self.folder
        };
        fields.add("file", self.name.as_str());
        fields.add("", self.url.as_str());
        fields.add("site", site);
        fields.add("folder", format!("{folder} in {}", self.library));
    }
}

impl Upload {
    fn text(&self, exported: u64) -> String {
        let sent = match self.sent_bytes {
            sent if sent == exported => String::new(),
            sent => format!(", {} sent in all", bytes(sent)),
        };
        match self.method.as_str() {
            "simple" => format!("one request{sent}"),
            "session" => format!(
                "session of {}{sent}",
                counted(self.fragments, "fragment", "fragments")
            ),
            other => other.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIPT: &str = r#"{"schema":1,"job":"daily sales","outcome":"replaced",
        "file":{"name":"sales.csv","url":"https://contoso.sharepoint.com/sites/Finance/Shared%20Documents/Reports/sales.csv",
            "site":"Finance","site_url":"https://contoso.sharepoint.com/sites/Finance","library":"Documents","folder":"Reports",
            "drive_id":"b!1","item_id":"01","etag":"e","bytes":12345678,"quickxor":"AAAA"},
        "dataset":{"id":"845305d8-da3d-4107-a9d6-13ef3f86d4a4","name":"Sales","rows":10,"columns":4,"updated_at":"x","pdp":true},
        "export":{"rows":100000,"columns":4,"bytes":12345678,"quickxor":"AAAA","exports":2},
        "verified":"hash","row_check":"query","upload":{"method":"session","fragments":3,"sent_bytes":22345678},
        "attempts":{"requests":17,"retries":2,"waited_ms":1500},
        "steps":[{"step":"prepare","ms":120},{"step":"export","ms":1250}],
        "warnings":["the DataSet has PDP policies"],"newer":1}"#;

    #[test]
    fn shows_each_figure_once_with_its_unit() {
        let expected = "\
replaced daily sales
  file      sales.csv
            https://contoso.sharepoint.com/sites/Finance/Shared%20Documents/Reports/sales.csv
  site      Finance  https://contoso.sharepoint.com/sites/Finance
  folder    Reports in Documents
  dataset   Sales  845305d8-da3d-4107-a9d6-13ef3f86d4a4
  size      12.3 MB (12,345,678 bytes)
  rows      100,000 rows of 4 columns, as a query of the DataSet says
  verified  size and quickXorHash equal what left Domo: AAAA
  upload    session of 3 fragments, 22.3 MB sent in all
  attempts  17 requests, 2 repeated, paused 1.50 s, 2 exports
  time      1.37 s: prepare 120 ms, export 1.25 s
warning: the DataSet has PDP policies
";
        assert_eq!(text(RECEIPT, Paint::plain()), expected);
    }

    #[test]
    fn a_run_without_a_file_shows_none() {
        let receipt = r#"{"schema":1,"job":"daily sales","outcome":"skipped","file":null,
            "dataset":{"id":"845305d8","name":"Sales"},
            "export":{"rows":0,"columns":4,"bytes":9,"quickxor":"AAAA","exports":1},
            "verified":null,"row_check":"metadata","upload":null,
            "attempts":{"requests":7,"retries":0,"waited_ms":0},
            "steps":[{"step":"prepare","ms":120}],"warnings":["no rows"]}"#;
        let expected = "\
skipped daily sales
  dataset   Sales  845305d8
  size      9 bytes
  rows      0 rows of 4 columns, as the DataSet says
  attempts  7 requests, none repeated
  time      120 ms: prepare 120 ms
warning: no rows
";
        assert_eq!(text(receipt, Paint::plain()), expected);
    }

    #[test]
    fn never_claims_a_comparison_that_did_not_happen() {
        let receipt = RECEIPT
            .replace("\"verified\":\"hash\"", "\"verified\":\"size\"")
            .replace("\"row_check\":\"query\"", "\"row_check\":\"warned\"");
        let text = text(&receipt, Paint::plain());
        assert!(
            text.contains("hash not compared") && !text.contains("quickXorHash equal"),
            "{text}"
        );
        assert!(text.contains("not what the DataSet says"), "{text}");
    }

    #[test]
    fn what_is_no_receipt_is_shown_as_it_is() {
        assert_eq!(text("[1]x", Paint::plain()), "[1]x\n");
    }

    #[test]
    fn a_service_s_words_do_not_steer_the_terminal() {
        let receipt = RECEIPT.replace("\"site\":\"Finance\"", r#""site":"Fin\u001b[2Jance\u009b""#);
        let shown = text(&receipt, Paint::plain());
        assert!(shown.contains("Fin[2Jance  "), "{shown}");
        assert!(!text("no\u{1b}[2J", Paint::plain()).contains('\u{1b}'));
    }
}
