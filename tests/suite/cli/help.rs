//! Help that teaches, the version, and what is refused before anything is read.

use super::says;

#[test]
fn the_command_explains_itself() {
    assert_eq!(says("help", &["--help"]).code, 0);
    assert_eq!(says("help-short", &["-h"]).code, 0);
    assert_eq!(says("version", &["--version"]).code, 0);
}

#[test]
fn each_verb_explains_itself() {
    for verb in [
        "run",
        "check",
        "runs",
        "browse",
        "account",
        "demo",
        "simulate",
        "component",
        "schema",
        "completions",
    ] {
        assert_eq!(says(&format!("help-{verb}"), &[verb, "--help"]).code, 0);
    }
}

#[test]
fn each_list_explains_itself() {
    for what in ["datasets", "sites", "libraries", "folders"] {
        let said = says(&format!("help-browse-{what}"), &["browse", what, "--help"]);
        assert_eq!(said.code, 0);
    }
}

#[test]
fn each_thing_to_do_with_accounts_explains_itself() {
    let said = says("help-account-list", &["account", "list", "--help"]);
    assert_eq!(said.code, 0);
}

#[test]
fn what_cannot_be_understood_is_usage() {
    assert_eq!(says("usage-nothing", &[]).code, 2);
    assert_eq!(says("usage-verb", &["runn", "job.toml"]).code, 2);
    assert_eq!(says("usage-no-job", &["run"]).code, 2);
    assert_eq!(says("usage-two-stdins", &["run", "-", "-"]).code, 2);
    let both = ["run", "job.toml", "--quiet", "--verbose"];
    assert_eq!(says("usage-quiet-and-verbose", &both).code, 2);
}

#[test]
fn a_completion_script_knows_the_verbs() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let said = crate::command::writeback(folder.path(), &["completions", shell]);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""));
        for word in ["simulate", "libraries", "--probe", "--report"] {
            let word = word.trim_start_matches("--");
            assert!(said.stdout.contains(word), "no `{word}` for {shell}");
        }
    }
    assert_eq!(
        says("completions-unknown-shell", &["completions", "csh"]).code,
        2
    );
}
