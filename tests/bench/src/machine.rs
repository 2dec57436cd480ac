//! The machine that figures come from, as Linux describes it. Nothing in it names the machine.

use std::fs::read_to_string;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// What somebody needs to judge a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's model.
    pub cpu: String,
    /// Processors that this process may use.
    pub cores: usize,
    /// In bytes.
    pub memory: u64,
    /// Name and release.
    pub kernel: String,
    /// Kind of the file system that is written to.
    pub filesystem: String,
    /// The commit that was measured, with `+` where files were changed since.
    pub commit: String,
}

impl Machine {
    /// This one. What cannot be found out is `unknown`, or 0.
    pub fn here(folder: &Path) -> Self {
        let cpus = read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = read_to_string("/proc/meminfo").unwrap_or_default();
        let kibibytes =
            field(&memory, "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        Self {
            cpu: known(field(&cpus, "model name").map(str::to_owned)),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: kibibytes.unwrap_or(0) * 1024,
            kernel: known(said("uname", &["-sr"])),
            filesystem: known(said(
                "findmnt",
                &[
                    "--noheadings",
                    "--output",
                    "FSTYPE",
                    "--target",
                    &folder.to_string_lossy(),
                ],
            )),
            commit: known(commit()),
        }
    }
}

fn commit() -> Option<String> {
    let head = said("git", &["rev-parse", "--short=12", "HEAD"])?;
    let changed = said("git", &["status", "--porcelain", "--untracked-files=no"]).is_some();
    Some(if changed { head + "+" } else { head })
}

/// The value of the first line `name : value`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim())
}

/// What a program prints, if it succeeds and prints something.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

fn known(text: Option<String>) -> String {
    text.unwrap_or_else(|| "unknown".to_owned())
}
