//! Where the secrets of a new account are: what `--secret-...` say. Only `--secret-stdin` takes a value.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use toml_edit::{Array, InlineTable, Value};
use writeback_policy::toml_text;
use zeroize::Zeroizing;

use super::ask::Person;
use crate::cli::SecretFlags;
use crate::config_file::folder;
use crate::error::Error;

/// The keys of all kinds; the first is meant where none is named.
const KEYS: [&str; 5] = [
    "client_secret",
    "developer_token",
    "certificate",
    "private_key",
    "certificate_password",
];

/// As much as the host reads.
const VALUE_BYTES: u64 = 64 * 1024;

/// Where one secret is.
pub enum Held {
    /// Where the configuration will say.
    At(InlineTable),
    /// Here, on its way into the vault.
    Here(Zeroizing<Vec<u8>>),
}

/// What was typed, in the order of the keys. `config` is the file that it will stand in.
pub fn given(flags: &SecretFlags, config: &Path) -> Result<Vec<(&'static str, Held)>, Error> {
    let mut given = Vec::new();
    let kinds = [
        ("env", &flags.env),
        ("file", &flags.file),
        ("keyring", &flags.keyring),
        ("exec", &flags.exec),
        ("vault", &flags.vault),
    ];
    for (kind, typed) in kinds {
        for text in typed {
            let (key, place) = split(text);
            let place = match kind {
                "file" => Value::from(from_config(place, config)?),
                "exec" => Value::from(words(place)?),
                _ => Value::from(place),
            };
            given.push((key, Held::At(InlineTable::from_iter([(kind, place)]))));
        }
    }
    if let Some(key) = &flags.stdin {
        let key = KEYS.into_iter().find(|known| known == key);
        let key =
            key.ok_or_else(|| usage(format!("`--secret-stdin` takes one of {}", KEYS.join(", "))))?;
        given.push((key, Held::Here(read(key)?)));
    }
    in_order(given)
}

/// `KEY=PLACE`, or a place of the first key.
fn split(text: &str) -> (&'static str, &str) {
    let named = text
        .split_once('=')
        .and_then(|(key, place)| Some((KEYS.into_iter().find(|known| *known == key)?, place)));
    named.unwrap_or((KEYS[0], text))
}

fn in_order(mut given: Vec<(&'static str, Held)>) -> Result<Vec<(&'static str, Held)>, Error> {
    let rank = |key: &str| KEYS.iter().position(|known| *known == key);
    given.sort_by_key(|(key, _)| rank(key));
    match given.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(usage(format!("`{}` is given twice", pair[0].0))),
        None => Ok(given),
    }
}

/// Paths are typed in the current folder and read in the configuration's.
pub fn from_config(path: &str, config: &Path) -> Result<String, Error> {
    if folder(config) == Path::new(".") {
        return Ok(path.to_owned());
    }
    let path = std::path::absolute(path)
        .map_err(|cause| Error::failed("there is no current folder").because(&cause))?;
    Ok(path.to_string_lossy().into_owned())
}

/// A TOML list as it is, anything else split at blanks.
fn words(command: &str) -> Result<Array, Error> {
    if !command.trim_start().starts_with('[') {
        return Ok(command.split_whitespace().collect());
    }
    match toml_text::value_or_text(command) {
        toml::Value::Array(words) => Ok(words.iter().filter_map(toml::Value::as_str).collect()),
        _ => Err(usage(
            "`--secret-exec` begins like a list and is none".to_owned(),
        )),
    }
}

/// The value on stdin, or from the person there.
fn read(key: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    if let Some(person) = Person::present() {
        return asked(&person, key);
    }
    // Room for all of it at once: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(VALUE_BYTES as usize + 64));
    std::io::stdin()
        .take(VALUE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| Error::failed("cannot read stdin").because(&cause))?;
    if bytes.len() as u64 > VALUE_BYTES {
        return Err(usage(format!(
            "the `{key}` on stdin is longer than {VALUE_BYTES} bytes"
        )));
    }
    if matches!(key, "certificate" | "private_key") {
        return Ok(bytes);
    }
    one_line(key, bytes)
}

/// What a person types for `key`.
pub fn asked(person: &Person, key: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let typed = person.secret(key)?;
    one_line(key, Zeroizing::new(typed.as_bytes().to_vec()))
}

fn one_line(key: &str, mut bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, Error> {
    for end in *b"\n\r" {
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
    }
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(usage(format!(
            "the `{key}` is empty, or more than one line of text"
        )));
    }
    Ok(bytes)
}

/// Whether what was typed is secret is not known, so it is not repeated.
fn usage(message: String) -> Error {
    Error::configuration("usage", message).hint("`writeback account add --help` has examples")
}

/// Whether stdin is taken by a secret, so that nobody can be asked.
pub fn takes_stdin(flags: &SecretFlags) -> bool {
    flags.stdin.is_some() && !std::io::stdin().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_or_the_first() {
        assert_eq!(split("NAME"), ("client_secret", "NAME"));
        assert_eq!(split("certificate=a=b.pfx"), ("certificate", "a=b.pfx"));
        assert_eq!(split("other=a"), ("client_secret", "other=a"));
    }

    #[test]
    fn a_command_is_words_or_a_list() {
        let text = |command: &str| words(command).unwrap().to_string();
        assert_eq!(text("op read  op://a/b"), r#"["op", "read", "op://a/b"]"#);
        assert_eq!(text("['a b', 'c']"), r#"["a b", "c"]"#);
        assert!(words("[op").is_err());
    }

    #[test]
    fn a_value_is_one_line_and_not_repeated() {
        let read = |text: &str| one_line("client_secret", Zeroizing::new(text.into()));
        for right in ["s3cret", "s3cret\n", "s3cret\r\n"] {
            assert_eq!(**read(right).unwrap(), *b"s3cret");
        }
        for wrong in ["", "\n", "s3\ncret", "s3cret\n\n"] {
            assert!(!read(wrong).unwrap_err().message.contains("s3"));
        }
    }

    #[test]
    fn paths_start_at_the_configuration() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(from_config("a", Path::new("writeback.toml")).unwrap(), "a");
        let path = from_config("a", Path::new("/etc/writeback.toml")).unwrap();
        assert_eq!(Path::new(&path), here.join("a"));
    }
}
