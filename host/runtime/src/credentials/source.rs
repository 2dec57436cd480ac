//! Reads a secret's value from where the configuration says it is. The value lives in memory that
//! is wiped, and no error repeats it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::SignInError;
use crate::config::SecretSource;

/// Longer than any client secret.
const VALUE_BYTES: u64 = 64 * 1024;

/// Where a tenant's secret values come from.
pub(crate) struct Sources;

impl Sources {
    /// A value of one line. `key` is where the configuration names the source.
    pub(crate) async fn text(
        &self,
        key: &str,
        source: &SecretSource,
    ) -> Result<Zeroizing<String>, SignInError> {
        let bytes = self.bytes(key, source).await?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| refused(format!("{} is not UTF-8", name(source))))?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        // Control characters cannot be part of a header or of what people paste.
        if line.is_empty() || line.chars().any(char::is_control) {
            return Err(refused(format!(
                "{} is empty or holds control characters\nhint: it must hold the secret alone, on one line",
                name(source)
            )));
        }
        Ok(Zeroizing::new(line.to_owned()))
    }

    /// A value of any bytes, such as a certificate with its key.
    pub(crate) async fn bytes(
        &self,
        key: &str,
        source: &SecretSource,
    ) -> Result<Zeroizing<Vec<u8>>, SignInError> {
        match source {
            SecretSource::Env(variable) => read_env(key, variable),
            SecretSource::File(path) => read_file(key, path)
                .map_err(|why| format!("the secret's file `{}` {why}", path.display())),
        }
        .map_err(refused)
    }
}

fn refused(why: String) -> SignInError {
    SignInError::Refused(why)
}

fn name(source: &SecretSource) -> String {
    match source {
        SecretSource::Env(name) => format!("the environment variable `{name}`"),
        SecretSource::File(path) => format!("the secret's file `{}`", path.display()),
    }
}

fn read_env(key: &str, variable: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    match std::env::var(variable) {
        Ok(value) => Ok(Zeroizing::new(value.into_bytes())),
        Err(std::env::VarError::NotPresent) => Err(format!(
            "the environment variable `{variable}` is not set\nhint: set it, or say under `{key}` where the secret is"
        )),
        Err(_) => Err(format!(
            "the environment variable `{variable}` is not UTF-8"
        )),
    }
}

fn read_file(key: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let file = File::open(path).map_err(|error| {
        format!("cannot be read: {error}\nhint: say under `{key}` where the secret is")
    })?;
    check_access(&file)?;
    // Read into one allocation: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(VALUE_BYTES as usize));
    file.take(VALUE_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read: {error}"))?;
    Ok(bytes)
}

/// Readable by its owner and group at most (Kubernetes mounts secrets for a group), writable by its owner alone.
#[cfg(unix)]
fn check_access(file: &File) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file
        .metadata()
        .map_err(|error| format!("cannot be read: {error}"))?
        .permissions()
        .mode()
        & 0o777;
    if mode & 0o004 != 0 {
        return Err(format!(
            "can be read by everyone (mode {mode:04o})\nhint: chmod 600 the file"
        ));
    }
    if mode & 0o022 != 0 {
        return Err(format!(
            "can be written by others (mode {mode:04o})\nhint: chmod 600 the file"
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_access(_: &File) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(source: &SecretSource) -> Result<Zeroizing<String>, String> {
        match Sources.text("client_secret", source).await {
            Ok(value) => Ok(value),
            Err(SignInError::Refused(why) | SignInError::Unavailable(why)) => Err(why),
        }
    }

    #[tokio::test]
    async fn an_unset_variable_is_named() {
        let error = read(&SecretSource::Env("WRITEBACK_TEST_UNSET".into()))
            .await
            .unwrap_err();
        assert_eq!(
            error,
            "the environment variable `WRITEBACK_TEST_UNSET` is not set\nhint: set it, or say under `client_secret` where the secret is"
        );
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_is_for_its_owner() {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        let source = SecretSource::File(file.path().to_owned());
        let judge = async |mode, text: &str| {
            std::fs::write(file.path(), text).unwrap();
            std::fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
            read(&source).await
        };
        assert_eq!(judge(0o600, "s3cret\r\n").await.unwrap().as_str(), "s3cret");
        assert_eq!(judge(0o640, "s3cret\n").await.unwrap().as_str(), "s3cret");
        let error = judge(0o644, "s3cret").await.unwrap_err();
        assert!(error.contains("can be read by everyone (mode 0644)"));
        let error = judge(0o620, "s3cret").await.unwrap_err();
        assert!(error.contains("can be written by others (mode 0620)"));
        for text in ["", "\n", "s3\ncret"] {
            let error = judge(0o600, text).await.unwrap_err();
            assert!(
                error.contains("is empty or holds control characters") && !error.contains("s3"),
                "{error}"
            );
        }
    }
}
