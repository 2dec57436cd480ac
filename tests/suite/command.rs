//! The real binary, run as a user would, and what it said.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a finished command left behind.
pub struct Said {
    /// The exit code.
    pub code: i32,
    /// Data.
    pub stdout: String,
    /// Talk.
    pub stderr: String,
}

impl Said {
    fn new(output: Output) -> Said {
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        Said {
            code: output.status.code().expect("the command was not killed"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Exit code, stdout and stderr as one text to compare.
    pub fn whole(&self) -> String {
        format!(
            "exit: {}\n--- stdout\n{}--- stderr\n{}",
            self.code, self.stdout, self.stderr
        )
    }
}

/// The command, in a folder, with nothing of this machine's environment that could change its words.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_writeback"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .stdin(Stdio::null());
    command
}

/// Runs the command to its end. It must not be called from a test that serves the cloud on the same thread.
pub fn writeback(folder: &Path, arguments: &[&str]) -> Said {
    Said::new(
        command(folder, arguments)
            .output()
            .expect("the command starts"),
    )
}

/// Runs the command with `input` on its stdin, from an asynchronous test.
pub async fn run_with_input(folder: &Path, arguments: &[&str], input: &str) -> Said {
    let mut child = command(folder, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(input.as_bytes())
        .expect("the command reads");
    drop(stdin);
    let finished = tokio::task::spawn_blocking(move || child.wait_with_output());
    Said::new(
        finished
            .await
            .expect("the command ends")
            .expect("its output"),
    )
}

/// The same from an asynchronous test: the cloud goes on serving meanwhile.
pub async fn run(folder: &Path, arguments: &[&str]) -> Said {
    let (folder, arguments): (PathBuf, Vec<String>) = (
        folder.to_owned(),
        arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect(),
    );
    let finished = tokio::task::spawn_blocking(move || {
        writeback(
            &folder,
            &arguments.iter().map(String::as_str).collect::<Vec<_>>(),
        )
    });
    finished.await.expect("the command ends")
}
