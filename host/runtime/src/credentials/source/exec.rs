//! A value that a command prints: a password manager's, a vault's. No shell takes part, nothing is read
//! from it but what it prints on stdout, and what it says on stderr goes nowhere, since that may hold
//! the value too.

use std::future::Future;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use super::{VALUE_BYTES, Value};

/// Long enough for a person to touch a key.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends when a command has had its time.
pub(super) fn patience() -> impl Future<Output = ()> {
    tokio::time::sleep(PATIENCE)
}

/// What `command` prints. It is killed when `enough` ends before it does.
pub(super) async fn read(
    command: &[String],
    enough: impl Future<Output = ()>,
) -> Result<Value, String> {
    let [program, arguments @ ..] = command else {
        return Err("the command names no program".to_owned());
    };
    let told = |why: String| format!("the command `{program}` {why}");
    let reading = run(program, arguments);
    tokio::select! {
        read = reading => read.map_err(told),
        () = enough => Err(told(format!(
            "had not ended after {} seconds and was killed\nhint: it must not ask; run it by hand to see what it waits for",
            PATIENCE.as_secs()
        ))),
    }
}

/// Dropping this future kills the program.
async fn run(program: &str, arguments: &[String]) -> Result<Value, String> {
    let failed = |what: &str, error: std::io::Error| format!("{what}: {error}");
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            failed("cannot be started", error) + "\nhint: name the program by its full path"
        })?;
    let stdout = child.stdout.take().ok_or("has no output")?;
    // Read into one allocation: growing would leave copies behind.
    let mut bytes = Value::new(Vec::with_capacity(VALUE_BYTES + 64));
    stdout
        .take(VALUE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .await
        .map_err(|error| failed("cannot be read", error))?;
    if bytes.len() > VALUE_BYTES {
        return Err(format!("printed more than {VALUE_BYTES} bytes"));
    }
    let status = child.wait().await;
    let status = status.map_err(|error| failed("cannot be waited for", error))?;
    if !status.success() {
        return Err(format!(
            "failed ({status})\nhint: run it by hand: what it says on stderr is not shown, since that may hold the secret"
        ));
    }
    Ok(bytes)
}

/// Whether there is such a program.
pub(super) fn look(command: &[String]) -> Result<(), String> {
    let program = command.first().map(String::as_str).unwrap_or_default();
    let search = std::env::var_os("PATH").unwrap_or_default();
    let found = match program.contains('/') {
        true => is_program(Path::new(program)),
        false => std::env::split_paths(&search).any(|folder| is_program(&folder.join(program))),
    };
    match found {
        true => Ok(()),
        false => Err(format!(
            "the command `{program}` is not found\nhint: name the program by its full path"
        )),
    }
}

fn is_program(path: &Path) -> bool {
    #[cfg(unix)]
    let runnable = |metadata: &std::fs::Metadata| {
        std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0
    };
    #[cfg(not(unix))]
    let runnable = |_: &std::fs::Metadata| true;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && runnable(&metadata))
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;

    use super::*;

    async fn sh(script: &str) -> Result<Value, String> {
        let command = ["sh", "-c", script].map(str::to_owned);
        read(&command, std::future::pending()).await
    }

    #[tokio::test]
    async fn the_value_is_what_it_prints() {
        assert_eq!(
            **sh("echo s3cret; echo noise >&2").await.unwrap(),
            *b"s3cret\n"
        );
        // Nothing is expanded: there is no shell between.
        let command = ["printf", "%s", "$HOME * `id`"].map(str::to_owned);
        let printed = read(&command, std::future::pending()).await.unwrap();
        assert_eq!(**printed, *b"$HOME * `id`");
        // A command that reads finds the end of its input.
        assert_eq!(**sh("cat; echo done").await.unwrap(), *b"done\n");
    }

    #[tokio::test]
    async fn a_failure_tells_the_status_and_never_what_was_printed() {
        let error = sh("echo s3cret; echo s3cret >&2; exit 3")
            .await
            .unwrap_err();
        assert!(
            error.starts_with("the command `sh` failed (exit status: 3)\nhint: "),
            "{error}"
        );
        assert!(!error.contains("s3cret"));
        let error = read(&["/nonexistent/op".to_owned()], std::future::pending()).await;
        assert!(
            error
                .unwrap_err()
                .starts_with("the command `/nonexistent/op` cannot be started")
        );
    }

    #[tokio::test]
    async fn it_cannot_print_without_end() {
        let error = sh("exec cat /dev/zero").await.unwrap_err();
        assert_eq!(error, "the command `sh` printed more than 65536 bytes");
    }

    /// A pipe ends when all who hold it for writing are gone.
    #[tokio::test]
    async fn one_that_does_not_end_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let script = format!("exec 3>'{}'; exec sleep 100000", pipe.display());
        let command = ["sh", "-c", &script].map(str::to_owned);
        let mut held = None;
        let running = async {
            // Opens once the command has it open too.
            let opening = tokio::task::spawn_blocking(move || std::fs::File::open(pipe));
            held = Some(opening.await.unwrap().unwrap());
        };
        let error = read(&command, running).await.unwrap_err();
        assert!(
            error.contains("had not ended after 60 seconds and was killed"),
            "{error}"
        );
        let ended = tokio::task::spawn_blocking(move || held.unwrap().read_to_end(&mut Vec::new()));
        assert_eq!(ended.await.unwrap().unwrap(), 0);
    }

    #[test]
    fn a_program_is_looked_for_and_not_run() {
        for found in ["sh", "/bin/sh"] {
            assert_eq!(look(&[found.to_owned()]), Ok(()));
        }
        for missing in ["writeback-no-such-program", "/etc/passwd", "/", ""] {
            assert!(look(&[missing.to_owned()]).is_err(), "{missing}");
        }
    }
}
