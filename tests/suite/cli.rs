//! What the command says, word for word: exit code, stdout and stderr of each verb, compared with what was
//! approved. Only what differs from run to run is masked.
//!
//! After a change that is meant: `INSTA_UPDATE=always cargo test --test suite -- cli`, and read the difference.

mod account;
mod browse;
mod check;
mod configuration;
mod help;
mod job;
mod login;
mod receipts;
mod runs;
mod sign_in;
mod simulate;
mod trouble;

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use writeback_cloud::{Cloud, DatasetSummary, Fault, Options};

use crate::command::{self, Said};

/// A simulated cloud, and a folder with the files that a user would have.
pub struct Desk {
    cloud: Cloud,
    folder: TempDir,
}

impl Desk {
    /// A folder with `writeback.toml` and `daily-sales.toml`, ready to run.
    pub async fn start() -> Desk {
        let cloud = Cloud::start(Options::default())
            .await
            .expect("the cloud starts");
        let folder = TempDir::new().expect("a temporary folder");
        let ready = cloud.description().config.parent().expect("a folder");
        for (from, to) in [
            ("writeback.toml", "writeback.toml"),
            ("domo-secret", "domo-secret"),
            ("sharepoint-secret", "sharepoint-secret"),
            ("job.toml", "daily-sales.toml"),
        ] {
            fs::copy(ready.join(from), folder.path().join(to)).expect("the ready files");
        }
        Desk { cloud, folder }
    }

    /// Where the command runs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).expect("the file is written");
    }

    /// Replaces a piece of a file, which must be there.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.folder().join(name)).expect("the file");
        assert!(text.contains(from), "no `{from}` in {text}");
        self.write(name, &text.replace(from, to));
    }

    /// Signs in to SharePoint with another of the cloud's apps.
    pub fn sign_in_to_sharepoint_as(&self, name: &str) {
        let described = self.cloud.description();
        let app = described
            .other_entra_clients
            .iter()
            .find(|app| app.name == name)
            .expect("an app of that name");
        self.edit("writeback.toml", &described.entra_client.id, &app.id);
        self.write("sharepoint-secret", &app.secret);
    }

    /// Signs in to Domo with another of the cloud's clients.
    pub fn sign_in_to_domo_as(&self, name: &str) {
        let described = self.cloud.description();
        let client = described
            .other_domo_clients
            .iter()
            .find(|client| client.name == name)
            .expect("a client of that name");
        self.edit("writeback.toml", &described.domo_client.id, &client.id);
        self.write("domo-secret", &client.secret);
    }

    /// The first DataSet of this kind.
    pub fn dataset(&self, kind: &str) -> &DatasetSummary {
        let datasets = &self.cloud.description().datasets;
        datasets
            .iter()
            .find(|dataset| dataset.kind == kind)
            .expect("a DataSet of that kind")
    }

    /// Writes the ready job for the DataSet that is special in this way.
    pub fn job_for(&self, name: &str, kind: &str) {
        fs::copy(
            self.folder().join("daily-sales.toml"),
            self.folder().join(name),
        )
        .expect("the ready job");
        let (ready, wanted) = (&self.dataset("plain").id, &self.dataset(kind).id);
        self.edit(name, ready, wanted);
    }

    /// Adds rules of what goes wrong.
    pub fn break_it(&self, faults: &str) {
        let faults = Fault::parse_list(faults).expect("rules");
        self.cloud.state().faults.add(faults);
    }

    /// Runs the command.
    pub async fn run(&self, arguments: &[&str]) -> Said {
        command::run(self.folder(), arguments).await
    }

    /// Runs the command and compares what it said.
    pub async fn says(&self, name: &str, arguments: &[&str]) -> Said {
        let said = self.run(arguments).await;
        compare(name, self.folder(), arguments, &said.whole());
        said
    }

    /// Runs the command, which prints JSON lines, and compares them indented.
    pub async fn says_json(&self, name: &str, arguments: &[&str]) -> Said {
        let said = self.run(arguments).await;
        compare(name, self.folder(), arguments, &indented(&said).whole());
        said
    }
}

/// Runs the command in an empty folder and compares what it said.
pub fn says(name: &str, arguments: &[&str]) -> Said {
    let folder = TempDir::new().expect("a temporary folder");
    let said = command::writeback(folder.path(), arguments);
    compare(name, folder.path(), arguments, &said.whole());
    said
}

/// Compares with the approved text, what differs from run to run masked. No secret of the simulated cloud may be in
/// it, and no message ends in a full stop.
pub fn compare(name: &str, folder: &Path, arguments: &[&str], whole: &str) {
    for secret in ["9f86d081884c7d65", "wRt8Q~", "nOn8Q~", "eXp8Q~", "tempauth"] {
        assert!(!whole.contains(secret), "`{secret}` leaked: {whole}");
    }
    let labels = ["error:", "hint:", "warning:"];
    for line in whole.lines().map(str::trim_start) {
        let told = labels.iter().any(|label| line.starts_with(label));
        assert!(!told || !line.ends_with('.'), "a full stop: {line}");
    }
    let folder = folder.display().to_string();
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/suite/snapshots"
    ));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(&escaped(&folder), "[folder]");
    settings.add_filter(r"/tmp/writeback-[\w./-]*", "[temporary]");
    settings.add_filter(r"\b\d{8}-\d{6}-[a-z]{6}\b", "[run]");
    settings.add_filter(r"127\.0\.0\.1:\d{5}", "127.0.0.1:[port]");
    settings.add_filter(r"(request-id|trace id|toe) `[^`]*`", "$1 `[id]`");
    settings.add_filter(r"\b\d{4}-\d\d-\d\dT[\d:.]+Z +(INFO|DEBUG)", "[time] $1");
    settings.add_filter(r"\b\d+ ms\b|\b\d+\.\d+ s\b", "[ms]");
    // How many requests a job takes is not the command's word.
    settings.add_filter(r"\b\d+ requests\b", "[n] requests");
    settings.add_filter(r"(token until +)\w+, .* GMT", "$1[date]");
    settings.add_filter(r#""expires": \d+"#, r#""expires": "[ms]""#);
    settings.add_filter(r#""requests": \d+"#, r#""requests": "[n]""#);
    settings.add_filter(
        r#"(started|ended|last at|interrupted|done|attempted)([ :"]+)\d{4}-[\d:T-]+Z"#,
        "$1$2[moment]",
    );
    settings.add_filter(r#""ms": \d+"#, r#""ms": "[ms]""#);
    settings.add_filter(r#""(etag|item_id)": "(?:[^"\\]|\\.)*""#, r#""$1": "[id]""#);
    let text = format!("$ writeback {}\n{whole}", arguments.join(" "));
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Each line of stdout, which must be JSON, indented.
fn indented(said: &Said) -> Said {
    let lines = said.stdout.lines().map(|line| {
        let value: Value = serde_json::from_str(line).expect("a line of JSON");
        format!("{value:#}\n")
    });
    Said {
        code: said.code,
        stdout: lines.collect(),
        stderr: said.stderr.clone(),
    }
}

/// A path as a regular expression that matches it alone.
fn escaped(path: &str) -> String {
    path.chars()
        .flat_map(|letter| match letter.is_alphanumeric() || letter == '/' {
            true => vec![letter],
            false => vec!['\\', letter],
        })
        .collect()
}
