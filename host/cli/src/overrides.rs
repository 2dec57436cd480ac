//! `--set key=value`: lays what was typed over a job. Unknown keys are the connector's to refuse, not ours.

use toml::{Table, Value};
use writeback_policy::toml_text;

use crate::error::Error;

/// Lays each `key=value` over `job`, in order.
pub fn apply(job: &mut Table, typed: &[String]) -> Result<(), Error> {
    for text in typed {
        let (path, value) = parse(text)?;
        lay(job, path, value);
    }
    Ok(())
}

/// A dotted path and a value.
fn parse(text: &str) -> Result<(Table, Value), Error> {
    let problem = |what: String| {
        Error::configuration("set-invalid", what)
            .hint("write `--set sharepoint.folder=Reports/Daily`")
    };
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| problem(format!("`--set {text}` has no `=`")))?;
    // TOML's own reader of dotted keys, quotes included; one line, so that it stays a key.
    // `# = 0` would be a comment: no key either.
    let path = (!key.contains(['\n', '=']))
        .then(|| toml::from_str::<Table>(&format!("{key} = 0")).ok())
        .flatten()
        .filter(|path| !path.is_empty());
    let path = path.ok_or_else(|| problem(format!("`{key}` in `--set {text}` is not a key")))?;
    Ok((path, toml_text::value_or_text(value.trim())))
}

/// Follows the single path in `path` through `job`, making tables where there are none, and puts `value` at its end.
fn lay(job: &mut Table, path: Table, value: Value) {
    for (key, below) in path {
        match below {
            Value::Table(below) => {
                let place = job.entry(key).or_insert_with(|| Value::Table(Table::new()));
                if !place.is_table() {
                    *place = Value::Table(Table::new());
                }
                if let Value::Table(table) = place {
                    return lay(table, below, value);
                }
            }
            _ => {
                job.insert(key, value);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(job: &str, typed: &[&str]) -> Result<Table, Error> {
        let mut job = toml::from_str(job).unwrap();
        let typed: Vec<_> = typed.iter().map(ToString::to_string).collect();
        apply(&mut job, &typed).map(|()| job)
    }

    #[test]
    fn a_path_reaches_into_tables_and_keeps_their_other_keys() {
        let job = laid(
            "[sharepoint]\nsite = 's'\nfolder = 'a'",
            &["sharepoint.folder=b/c", "upload.fragment = 327680"],
        )
        .unwrap();
        assert_eq!(
            job,
            toml::from_str("sharepoint = { site = 's', folder = 'b/c' }\nupload.fragment = 327680")
                .unwrap()
        );
    }

    #[test]
    fn a_value_gives_way_to_a_table_and_the_last_word_wins() {
        let job = laid(
            "sharepoint.site = 'url'",
            &["sharepoint.site.group=one", "sharepoint.site.group=two"],
        )
        .unwrap();
        assert_eq!(
            job,
            toml::from_str("sharepoint.site.group = 'two'").unwrap()
        );
    }

    #[test]
    fn the_value_may_hold_an_equals_sign() {
        assert_eq!(
            laid("", &["name=a=b"]).unwrap(),
            toml::from_str("name = 'a=b'").unwrap()
        );
    }

    #[test]
    fn what_is_not_a_key_is_refused_as_usage() {
        for typed in ["name", "=x", "a..b=1", "a b=1", "b\nc=2", "# =1", "[a]=1"] {
            assert_eq!(
                laid("", &[typed]).unwrap_err().code,
                "set-invalid",
                "{typed}"
            );
        }
    }

    #[test]
    fn a_value_of_several_lines_stays_one_value() {
        let job = laid("", &["a=1\nb = 2"]).unwrap();
        assert_eq!(job, toml::from_str("a = \"1\\nb = 2\"").unwrap());
    }
}
