//! Secrets of documents: read on this machine from where the document says they are, sent to the server, shown nowhere.

use std::fmt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use writeback_policy::config::SecretSource;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::io::Io;

/// Longer than any client secret, key or certificate.
const VALUE_BYTES: usize = 64 * 1024;
/// Long enough for a person to touch a key.
const PATIENCE: Duration = Duration::from_secs(60);

/// A document in which secrets are values. It has no text but the one that is sent.
pub enum Filled {
    /// Something that is no secret.
    Plain(Value),
    /// A secret.
    Secret(Zeroizing<String>),
    /// A secret that is no text, in base64.
    Bytes(Zeroizing<String>),
    /// Members, some of which may be secrets.
    Members(Vec<(String, Filled)>),
    /// Entries, some of which may be secrets.
    Items(Vec<Filled>),
}

impl Serialize for Filled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(value) => value.serialize(serializer),
            Self::Secret(value) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("value", value.as_str())?;
                map.end()
            }
            Self::Bytes(base64) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", base64.as_str())?;
                map.end()
            }
            Self::Members(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, member) in members {
                    map.serialize_entry(key, member)?;
                }
                map.end()
            }
            Self::Items(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
        }
    }
}

impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(value) => value.fmt(f),
            Self::Secret(_) | Self::Bytes(_) => f.write_str("(secret)"),
            Self::Members(members) => f
                .debug_map()
                .entries(members.iter().map(|(key, member)| (key, member)))
                .finish(),
            Self::Items(items) => f.debug_list().entries(items).finish(),
        }
    }
}

/// Puts values in the place of sources: objects whose one member is `env`, `file`, `exec`, `keyring` or `vault`.
/// Relative paths start at `folder`.
pub async fn fill(
    document: Value,
    path: &str,
    folder: &Path,
    io: &mut Io,
) -> Result<Filled, Error> {
    if let Some(source) = source(&document) {
        return read(path, source, folder, io).await;
    }
    match document {
        Value::Object(members) => {
            let mut filled = Vec::with_capacity(members.len());
            for (key, member) in members {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                let member = Box::pin(fill(member, &path, folder, io)).await?;
                filled.push((key, member));
            }
            Ok(Filled::Members(filled))
        }
        Value::Array(items) => {
            let mut filled = Vec::with_capacity(items.len());
            for (at, item) in items.into_iter().enumerate() {
                filled.push(Box::pin(fill(item, &format!("{path}[{at}]"), folder, io)).await?);
            }
            Ok(Filled::Items(filled))
        }
        plain => Ok(Filled::Plain(plain)),
    }
}

fn source(value: &Value) -> Option<SecretSource> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let key = members.keys().next()?;
    let known = ["env", "file", "exec", "keyring", "vault"].contains(&key.as_str());
    known.then(|| serde_json::from_value(value.clone()).ok())?
}

async fn read(
    path: &str,
    source: SecretSource,
    folder: &Path,
    io: &mut Io,
) -> Result<Filled, Error> {
    let told = |why: String| Error::told("secret", &format!("`{path}`: {why}"));
    let bytes = match &source {
        SecretSource::Env(name) => {
            let value = io.variable(name);
            let value = value.ok_or_else(|| {
                told(format!(
                    "{source} is not set\nhint: set it where this command runs"
                ))
            })?;
            Zeroizing::new(value.into_encoded_bytes())
        }
        SecretSource::File(file) => {
            let file = folder.join(file);
            refuse_open_file(&file)?;
            let read = std::fs::read(&file).map(Zeroizing::new);
            read.map_err(|cause| told(format!("cannot read {source}")).because(&cause))?
        }
        SecretSource::Exec(command) => printed_by(command).await.map_err(told)?,
        _ if io.person => {
            let asked = rpassword::prompt_password(format!("{path} (not shown): "));
            let asked = asked
                .map_err(|cause| Error::failed("the terminal does not answer").because(&cause))?;
            Zeroizing::new(asked.into_bytes())
        }
        _ => {
            return Err(told(format!(
                "{source} is not read by this command\nhint: use `env`, `file` or `exec`, or run it at a terminal, where it is asked for"
            )));
        }
    };
    if bytes.len() > VALUE_BYTES {
        return Err(told(format!(
            "{source} holds more than {VALUE_BYTES} bytes"
        )));
    }
    // A key in PEM has lines, a PFX is no text; anything else is one line.
    match std::str::from_utf8(&bytes) {
        Err(_) => Ok(Filled::Bytes(Zeroizing::new(STANDARD.encode(&*bytes)))),
        Ok(text) if text.starts_with("-----BEGIN ") => {
            Ok(Filled::Secret(Zeroizing::new(text.to_owned())))
        }
        Ok(_) => writeback_policy::one_line(&source, &bytes)
            .map(Filled::Secret)
            .map_err(told),
    }
}

/// What a command prints. What it says on stderr goes nowhere, since that may hold the value too.
async fn printed_by(command: &[String]) -> Result<Zeroizing<Vec<u8>>, String> {
    let [program, arguments @ ..] = command else {
        return Err("the command names no program".to_owned());
    };
    let told = |why: String| format!("the command `{program}` {why}");
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|cause| told(format!("cannot be started: {cause}")))?;
    let stdout = child
        .stdout
        .take()
        .ok_or_else(|| told("has no output".to_owned()))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(VALUE_BYTES + 64));
    let reading = async {
        stdout
            .take(VALUE_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .await?;
        child.wait().await
    };
    let status = tokio::time::timeout(PATIENCE, reading)
        .await
        .map_err(|_| told(format!("had not ended after {} s", PATIENCE.as_secs())))?
        .map_err(|cause| told(format!("cannot be read: {cause}")))?;
    match status.success() {
        true => Ok(bytes),
        false => Err(told(format!(
            "failed ({status})\nhint: run it by hand: what it says on stderr is not shown, since that may hold the secret"
        ))),
    }
}

/// Refuses a file with a secret that everyone reads or others write.
pub fn refuse_open_file(path: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    if let Ok(about) = std::fs::metadata(path) {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = about.permissions().mode();
        if about.is_file() && mode & 0o026 != 0 {
            let name = path.display();
            return Err(Error::configuration(
                "secret",
                format!(
                    "`{name}` holds a secret and is open to others (mode {:04o})",
                    mode & 0o7777
                ),
            )
            .hint(format!("chmod 600 {name}")));
        }
    }
    Ok(())
}

/// A new file that only its user can read.
pub fn new_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a secret into a new file that only its user can read.
pub fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = new_file(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_document_does_not_show_its_secrets() {
        let secret = || Zeroizing::new("hunter2".to_owned());
        let filled = Filled::Members(vec![
            ("a".to_owned(), Filled::Secret(secret())),
            (
                "b".to_owned(),
                Filled::Items(vec![Filled::Bytes(secret()), Filled::Plain("c".into())]),
            ),
        ]);
        let shown = format!("{filled:?}");
        assert!(
            !shown.contains("hunter2") && shown.contains("(secret)"),
            "{shown}"
        );
        assert!(serde_json::to_string(&filled).unwrap().contains("hunter2"));
    }
}
