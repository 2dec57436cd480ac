//! Compiled code outlives its process: the command keeps it, takes it, and does its work where it cannot.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use writeback_host::{CodeSource, Engine, EngineOptions};

use crate::command::{command, writeback};

/// A verb that needs the connector and nothing else.
const VERB: [&str; 2] = ["schema", "job"];

fn cache_of(home: &Path) -> PathBuf {
    home.join(".local/state/writeback/cache")
}

/// Where the connector comes from for whoever starts next.
fn next_source(cache: &Path) -> CodeSource {
    let mut options = EngineOptions::default();
    options.cache = Some(cache.to_owned());
    let engine = Engine::new(options).expect("an engine");
    let connector = engine.load(writeback_component::BYTES);
    connector
        .expect("the component loads")
        .code_source()
        .clone()
}

#[test]
fn two_commands_at_once_leave_one_file_that_the_next_start_takes() {
    let home = TempDir::new().expect("a temporary folder");
    let start = || {
        let mut command = command(home.path(), &VERB);
        command
            .stdout(Stdio::null())
            .spawn()
            .expect("the command starts")
    };
    for mut child in [start(), start()] {
        assert!(child.wait().expect("the command ends").success());
    }
    let cache = cache_of(home.path());
    assert_eq!(
        fs::read_dir(&cache).expect("the cache").count(),
        2,
        "a key and a file"
    );
    assert_eq!(next_source(&cache), CodeSource::Cache);
}

#[test]
fn a_file_that_was_tampered_with_is_written_anew() {
    let home = TempDir::new().expect("a temporary folder");
    let cache = home.path().join("cache");
    assert_eq!(next_source(&cache), CodeSource::Compiler);
    let files = fs::read_dir(&cache).expect("the cache");
    let file = files
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.extension().is_some_and(|kind| kind == "code"))
        .expect("a file");
    let mut code = fs::read(&file).expect("the code");
    let middle = code.len() / 2;
    code[middle] ^= 1;
    fs::write(&file, code).expect("the code");
    assert_eq!(next_source(&cache), CodeSource::Compiler);
    assert_eq!(next_source(&cache), CodeSource::Cache);
}

#[test]
fn a_cache_that_others_can_write_is_not_used_and_the_command_says_so() {
    let home = TempDir::new().expect("a temporary folder");
    let usual = writeback(home.path(), &VERB);
    fs::set_permissions(cache_of(home.path()), Permissions::from_mode(0o777)).expect("its mode");
    let said = writeback(home.path(), &VERB);
    assert_eq!((said.code, &said.stdout), (0, &usual.stdout));
    let warning = "warning: the connector is compiled at each start: ";
    assert!(said.stderr.starts_with(warning), "{}", said.stderr);
    assert!(
        said.stderr
            .contains("is open to others (mode 0777): make it 0700"),
        "{}",
        said.stderr
    );
    assert!(usual.stderr.is_empty(), "{}", usual.stderr);
}

#[test]
fn a_full_disk_is_no_error() {
    let home = TempDir::new().expect("a temporary folder");
    // The most that a file may have, in blocks: room for the key and for what a memory begins with, not for code.
    let script = "trap '' XFSZ; ulimit -f 512; exec \"$0\" schema job";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_writeback")])
        .env_clear()
        .env("HOME", home.path())
        .output()
        .expect("the command starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("cannot be used"), "{stderr}");
    assert_eq!(
        output.stdout,
        writeback(home.path(), &VERB).stdout.as_bytes()
    );
    assert_eq!(
        next_source(&cache_of(home.path())),
        CodeSource::Cache,
        "there is room again"
    );
}

#[test]
fn the_cache_can_be_moved_and_turned_off() {
    let home = TempDir::new().expect("a temporary folder");
    for (setting, folder) in [("\"compiled\"", Some("compiled")), ("false", None)] {
        let config = format!("[state]\ndir = \"state\"\ncache = {setting}\n");
        fs::write(home.path().join("writeback.toml"), config).expect("the configuration");
        // Without accounts it fails after it has loaded the connector.
        let said = writeback(home.path(), &["browse", "sites"]);
        assert_eq!(said.code, 2, "{}", said.stderr);
        if let Some(folder) = folder {
            assert_eq!(next_source(&home.path().join(folder)), CodeSource::Cache);
        }
        assert!(!home.path().join("state/cache").exists());
        assert!(!cache_of(home.path()).exists());
    }
}
