//! Reads where a secret's value comes from.

use std::path::Path;

use serde_json::Value;

use crate::config::SecretSource;
use crate::config::fields::Fields;

/// What is asked for where there is none of it. A store is left out: few programs have one, and the command has none.
const SHAPE: &str = "must be one of `{ env = \"NAME\" }`, `{ file = \"PATH\" }`, `{ keyring = \"NAME\" }`, \
                     `{ exec = [\"PROGRAM\", \"ARGUMENT\"] }`, `{ vault = \"KEY\" }`";

/// A source of one of the shapes above. The text of a wrong value is never repeated: it may be the
/// secret itself.
pub(super) fn read_source(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    folder: &Path,
) -> Option<SecretSource> {
    let value = fields.required(key)?;
    if value.is_string() {
        fields.problem(
            key,
            format!("{SHAPE}: secret values do not belong in this file"),
        );
        return None;
    }
    let before = fields.problems().list().len();
    let path = fields.path(key);
    let mut nested = Fields::new(Some(value), &path, fields.problems());
    let mut sources: Vec<SecretSource> = [
        nested.optional_string("env").map(SecretSource::Env),
        nested
            .optional_string("file")
            .map(|file| SecretSource::File(folder.join(file))),
        nested.optional_string("keyring").map(SecretSource::Keyring),
        read_command(&mut nested, folder).map(SecretSource::Exec),
        nested.optional_string("vault").map(SecretSource::Vault),
        nested.optional_string("store").map(SecretSource::Store),
    ]
    .into_iter()
    .flatten()
    .collect();
    nested.finish();
    if sources.len() == 1 {
        return sources.pop();
    }
    if fields.problems().list().len() == before {
        fields.problem(key, SHAPE);
    }
    None
}

/// A program that is named by a relative path is one of the configuration's folder; a bare name is
/// looked up where programs are.
fn read_command(fields: &mut Fields<'_, '_>, folder: &Path) -> Option<Vec<String>> {
    let value = fields.value("exec")?;
    let words = value.as_array().map(|words| {
        let words = words.iter().map(|word| word.as_str().map(str::to_owned));
        words.collect::<Option<Vec<String>>>()
    });
    match words {
        Some(Some(mut words)) if words.first().is_some_and(|word| !word.trim().is_empty()) => {
            if words[0].contains('/') {
                words[0] = folder.join(&words[0]).to_string_lossy().into_owned();
            }
            return Some(words);
        }
        Some(Some(_)) => fields.problem("exec", "names no program"),
        _ => fields.problem(
            "exec",
            "must be a list of strings: a program and its arguments",
        ),
    }
    None
}

/// The same where the key may be left out.
pub(super) fn optional_source(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    folder: &Path,
) -> Option<SecretSource> {
    let _: &Value = fields.value(key)?;
    read_source(fields, key, folder)
}
