//! The file in which a platform keeps the assertion that it issues (Kubernetes, CI systems). It is
//! renewed there, so it is read for every sign-in.
//!
//! Such files are often readable by everyone in their container, and short-lived: that is accepted.
//! One that others can write is not.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::SignInError;

/// Longer than any assertion.
const BYTES: u64 = 64 * 1024;

pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, SignInError> {
    let told = |why: String| {
        let text = format!("the file `{}` of `federated_token` {why}", path.display());
        SignInError::Refused(text)
    };
    let file = File::open(path).map_err(|error| {
        told(format!(
            "cannot be read: {error}\nhint: name the file in which the platform keeps the token that it issued"
        ))
    })?;
    check_access(&file).map_err(told)?;
    let mut text = Zeroizing::new(String::with_capacity(BYTES as usize));
    file.take(BYTES)
        .read_to_string(&mut text)
        .map_err(|error| told(format!("cannot be read: {error}")))?;
    Ok(text)
}

#[cfg(unix)]
fn check_access(file: &File) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file
        .metadata()
        .map_err(|error| format!("cannot be read: {error}"))?;
    match metadata.permissions().mode() & 0o022 {
        0 => Ok(()),
        _ => Err("can be written by others\nhint: chmod go-w the file".to_owned()),
    }
}

#[cfg(not(unix))]
fn check_access(_: &File) -> Result<(), String> {
    Ok(())
}
