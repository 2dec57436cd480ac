//! Finds and reads the file with the accounts. What may stand in it is the host's to say.

use std::io::ErrorKind;
use std::path::Path;

use writeback_host::config::{Config, Problems, parse};
use writeback_policy::toml_text;

use crate::error::Error;

/// Reads the configuration at `path`; relative paths in it start at its folder.
pub fn load(path: &Path) -> Result<Config, Error> {
    let text = std::fs::read_to_string(path).map_err(|cause| unreadable(path, &cause))?;
    read(&text, path)
}

/// Reads a configuration as it stands, or would stand, at `path`.
pub fn read(text: &str, path: &Path) -> Result<Config, Error> {
    let name = path.display();
    let invalid = |what: String| Error::configuration("config-invalid", what);
    let table = toml_text::parse(text)
        .map_err(|what| invalid(format!("`{name}` is not valid TOML: {what}")))?;
    let document =
        toml_text::to_json(&table).map_err(|what| invalid(format!("`{name}`: {what}")))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    parse(&document, folder).map_err(|problems| {
        invalid(listed(path, &problems)).hint("every key is explained in `writeback schema config`")
    })
}

fn unreadable(path: &Path, cause: &std::io::Error) -> Error {
    let name = path.display();
    if cause.kind() != ErrorKind::NotFound {
        return Error::configuration("config-unreadable", format!("cannot read `{name}`"))
            .because(cause);
    }
    Error::configuration(
        "config-missing",
        format!("there is no configuration at `{name}`"),
    )
    .hint("name yours with `--config FILE` or WRITEBACK_CONFIG; the README shows how to write one")
    .hint("`writeback simulate` prints the path of one that works against a simulated cloud")
}

fn listed(path: &Path, problems: &Problems) -> String {
    let (name, list) = (path.display(), problems.list());
    match list {
        [one] => format!("`{name}`: {one}"),
        _ => list.iter().fold(
            format!("`{name}` has {} problems:", list.len()),
            |text, problem| format!("{text}\n  {problem}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn loaded(text: &str) -> Result<Config, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("writeback.toml");
        std::fs::write(&path, text).unwrap();
        load(&path)
    }

    #[test]
    fn a_missing_file_names_the_ways_to_one() {
        let error = load(Path::new("/nowhere/writeback.toml")).unwrap_err();
        assert_eq!(
            (error.exit, error.code.as_str()),
            (Exit::Configuration, "config-missing")
        );
        assert!(
            error
                .hints
                .iter()
                .any(|hint| hint.contains("writeback simulate"))
        );
    }

    #[test]
    fn all_problems_come_at_once() {
        let error = loaded("[accounts.domo]\nkind = 'domo'\nclient = 'x'\n[limit]\n").unwrap_err();
        assert!(error.message.contains("problems:\n"), "{}", error.message);
        assert!(
            error.message.contains("client_id") && error.message.contains("limits"),
            "{}",
            error.message
        );
    }

    #[test]
    fn a_syntax_error_has_line_and_column_and_does_not_quote_the_line() {
        let error = loaded("[accounts.domo]\nclient_secret = hunter2\n").unwrap_err();
        assert!(
            error.message.contains("line 2, column "),
            "{}",
            error.message
        );
        assert!(!error.message.contains("hunter2"), "{}", error.message);
    }
}
