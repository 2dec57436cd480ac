//! Reads where a secret's value comes from.

use std::path::{Path, PathBuf};

use crate::config::SecretSource;
use crate::config::fields::Fields;

/// `{ env = "NAME" }` or `{ file = "PATH" }`. The text of a wrong value is never repeated: it
/// may be the secret itself.
pub(super) fn read_source(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    folder: &Path,
) -> Option<SecretSource> {
    const SHAPE: &str = "must be `{ env = \"NAME\" }` or `{ file = \"PATH\" }`";
    let value = fields.required(key)?;
    if value.is_string() {
        fields.problem(
            key,
            format!("{SHAPE}: secret values do not belong in this file"),
        );
        return None;
    }
    let path = fields.path(key);
    let mut nested = Fields::new(Some(value), &path, fields.problems());
    let source = (
        nested.optional_string("env"),
        nested.optional_string("file"),
    );
    nested.finish();
    match source {
        (Some(env), None) => return Some(SecretSource::Env(env)),
        (None, Some(file)) => return Some(SecretSource::File(folder.join(PathBuf::from(file)))),
        _ if value.is_object() => fields.problem(key, SHAPE),
        _ => {}
    }
    None
}
