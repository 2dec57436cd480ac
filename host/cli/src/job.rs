//! A job file on its way to the connector: TOML in, the same document as JSON out. What a job means is not decided here.

use std::io::{ErrorKind, Read as _};
use std::path::Path;

use serde_json::Value;
use writeback_policy::toml_text;

use crate::error::Error;
use crate::overrides;

/// A job as the connector will get it.
#[derive(Debug)]
pub struct Job {
    /// What people call it: its `name`, else its file's.
    pub name: String,
    /// The document.
    pub document: Value,
}

/// What messages call the file at `path`.
pub fn origin(path: &Path) -> String {
    if is_stdin(path) {
        "stdin".to_owned()
    } else {
        path.display().to_string()
    }
}

/// One stdin makes one job.
pub fn refuse_second_stdin<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Result<(), Error> {
    match paths.into_iter().filter(|path| is_stdin(path)).count() {
        0 | 1 => Ok(()),
        _ => Err(Error::configuration("usage", "`-` can be given only once")),
    }
}

/// Reads the job at `path` (`-`: stdin) and lays `typed` (`key=value`) over it.
pub fn load(path: &Path, typed: &[String]) -> Result<Job, Error> {
    let text = read(path)?;
    let mut table = toml_text::parse(&text)
        .map_err(|what| Error::configuration("job-syntax", format!("not valid TOML: {what}")))?;
    overrides::apply(&mut table, typed)?;
    let document =
        toml_text::to_json(&table).map_err(|what| Error::configuration("job-syntax", what))?;
    Ok(Job {
        name: name(&document, path),
        document,
    })
}

fn read(path: &Path) -> Result<String, Error> {
    let read = if is_stdin(path) {
        std::io::read_to_string(std::io::stdin().lock().by_ref())
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|cause| {
        let error = Error::configuration("job-unreadable", "cannot read the job");
        match cause.kind() {
            ErrorKind::InvalidData => error.hint("save it as UTF-8 text"),
            ErrorKind::NotFound => error.hint("name a job file; the README shows how to write one"),
            _ => error,
        }
        .because(&cause)
    })
}

fn name(document: &Value, path: &Path) -> String {
    let given = document["name"]
        .as_str()
        .filter(|name| !name.trim().is_empty());
    let stem = || {
        path.file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
    };
    match given {
        Some(name) => name.chars().filter(|letter| !letter.is_control()).collect(),
        None if is_stdin(path) => "stdin".to_owned(),
        None => stem().unwrap_or_else(|| origin(path)),
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn loaded(text: &str, typed: &[&str]) -> Result<Job, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daily-sales.toml");
        std::fs::write(&path, text).unwrap();
        load(
            &path,
            &typed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        )
    }

    #[test]
    fn a_job_is_called_by_its_name_else_by_its_file() {
        assert_eq!(loaded("name = 'sales\u{e9}'", &[]).unwrap().name, "salesé");
        assert_eq!(loaded("", &[]).unwrap().name, "daily-sales");
        assert_eq!(loaded("name = 'a'", &["name=b c"]).unwrap().name, "b c");
    }

    #[test]
    fn what_is_not_toml_is_a_configuration_error_with_its_place() {
        let error = loaded("name = 'x'\nname = 'y'\n", &[]).unwrap_err();
        assert_eq!(
            (error.exit, error.code.as_str()),
            (Exit::Configuration, "job-syntax")
        );
        assert!(
            error
                .message
                .starts_with("not valid TOML: line 2, column 1"),
            "{}",
            error.message
        );
    }

    #[test]
    fn a_missing_job_says_why() {
        let error = load(Path::new("/nowhere/job.toml"), &[]).unwrap_err();
        assert_eq!(error.code, "job-unreadable");
        assert_eq!(error.causes.len(), 1);
    }

    #[test]
    fn stdin_makes_one_job() {
        let paths = ["-", "job.toml", "-"].map(Path::new);
        assert_eq!(refuse_second_stdin(paths).unwrap_err().code, "usage");
        assert!(refuse_second_stdin(["-", "job.toml"].map(Path::new)).is_ok());
    }
}
