//! Where a master key comes from: a file, a variable, or what a program prints.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::random_key;
use crate::error::{Error, Result};

/// What a program may take to print a key.
const PATIENCE: Duration = Duration::from_secs(60);

/// `file:PATH`, `env:NAME` or `exec:PROGRAM ARGUMENT…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MasterKeySource {
    /// A file that others cannot read.
    File(PathBuf),
    /// A variable of the process.
    Env(String),
    /// What a program prints, which is found without a shell.
    Exec(Vec<String>),
}

impl FromStr for MasterKeySource {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("env", name)) if !name.is_empty() => Ok(Self::Env(name.to_owned())),
            Some(("exec", line)) if !line.trim().is_empty() => Ok(Self::Exec(
                line.split_whitespace().map(str::to_owned).collect(),
            )),
            _ => Err(
                "a master key comes from `file:PATH`, `env:NAME` or `exec:PROGRAM ARGUMENT…`"
                    .to_owned(),
            ),
        }
    }
}

impl MasterKeySource {
    /// Reads the key.
    ///
    /// # Errors
    /// There is none, or it is not base64.
    pub async fn read(&self) -> Result<Zeroizing<Vec<u8>>> {
        let text = match self {
            Self::File(path) => read_file(path)?,
            Self::Env(name) => Zeroizing::new(std::env::var(name).map_err(|_| {
                Error::Key(format!(
                    "the variable `{name}` of the master key is not set"
                ))
            })?),
            Self::Exec(line) => read_exec(line).await?,
        };
        let key = STANDARD.decode(text.trim().as_bytes()).map_err(|_| {
            Error::Key(
                "the master key is not base64\nhint: `openssl rand -base64 32` makes one"
                    .to_owned(),
            )
        })?;
        Ok(Zeroizing::new(key))
    }
}

/// Makes a file with a new key, that only its user can read, unless there is one.
///
/// # Errors
/// The system's.
pub fn new_file(path: &Path) -> Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let text = Zeroizing::new(STANDARD.encode(&*random_key()?));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
    });
    written.map_err(Error::file(format!("cannot write `{}`", path.display())))?;
    Ok(true)
}

fn read_file(path: &Path) -> Result<Zeroizing<String>> {
    let what = || format!("cannot read the master key in `{}`", path.display());
    let text = std::fs::read_to_string(path).map_err(Error::file(what()))?;
    let text = Zeroizing::new(text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).map_err(Error::file(what()))?;
        if mode.permissions().mode() & 0o077 != 0 {
            return Err(Error::Key(format!(
                "others can read the master key in `{0}`\nhint: chmod 600 {0}",
                path.display()
            )));
        }
    }
    Ok(text)
}

async fn read_exec(line: &[String]) -> Result<Zeroizing<String>> {
    let (program, arguments) = line
        .split_first()
        .ok_or_else(|| Error::Key("no program for the master key".to_owned()))?;
    let told = |text: String| Error::Key(format!("`{program}` gave no master key: {text}"));
    let running = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, running)
        .await
        .map_err(|_| told(format!("nothing within {} seconds", PATIENCE.as_secs())))?
        .map_err(|cause| told(cause.to_string()))?;
    if !output.status.success() {
        return Err(told(output.status.to_string()));
    }
    String::from_utf8(output.stdout)
        .map(Zeroizing::new)
        .map_err(|_| told("it printed no text".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_words_with_a_kind() {
        assert_eq!(
            "env:KEY".parse(),
            Ok(MasterKeySource::Env("KEY".to_owned()))
        );
        assert_eq!("file:/k".parse(), Ok(MasterKeySource::File("/k".into())));
        let line = vec!["vault".to_owned(), "read".to_owned()];
        assert_eq!("exec:vault  read".parse(), Ok(MasterKeySource::Exec(line)));
        for bad in ["", "KEY", "env:", "exec: ", "keyring:x"] {
            assert!(bad.parse::<MasterKeySource>().is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_new_file_is_a_key_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        assert!(new_file(&path).unwrap());
        let key = MasterKeySource::File(path.clone()).read().await.unwrap();
        assert_eq!(key.len(), super::super::KEY_BYTES);
        assert!(!new_file(&path).unwrap());
        assert_eq!(MasterKeySource::File(path).read().await.unwrap(), key);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        new_file(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = MasterKeySource::File(path).read().await.unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[tokio::test]
    async fn a_program_prints_a_key_or_is_told_about() {
        let key = |line: &str| line.parse::<MasterKeySource>().unwrap();
        let echoed = key("exec:echo AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
            .read()
            .await
            .unwrap();
        assert_eq!(echoed.len(), 32);
        let error = key("exec:false").read().await.unwrap_err().to_string();
        assert!(error.contains("`false` gave no master key"), "{error}");
    }
}
