//! Vaults on a disk: made, changed by two at once, tampered with, opened with the wrong key.

use std::path::Path;

use super::*;
use crate::config::SecretSource;

fn with_identity(folder: &Path) -> VaultConfig {
    let mut vault = VaultConfig::new(folder.join("secrets.age"));
    vault.identity = Some(folder.join("own/identity"));
    vault
}

fn with_passphrase(folder: &Path, passphrase: &str) -> VaultConfig {
    let command = ["printf", "%s", passphrase].map(str::to_owned).to_vec();
    let mut vault = VaultConfig::new(folder.join("secrets.age"));
    vault.passphrase = Some(SecretSource::Exec(command));
    vault
}

async fn put(config: &VaultConfig, name: &str, value: &str) -> bool {
    let mut vault = VaultEdit::open(config, None).await.unwrap();
    vault.insert(name, Zeroizing::new(value.as_bytes().to_vec()));
    let is_new = vault.is_new();
    vault.save().await.unwrap();
    is_new
}

#[tokio::test]
async fn a_vault_is_made_and_read_with_either_key() {
    for passphrase in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let config = match passphrase {
            true => with_passphrase(folder.path(), "correct horse"),
            false => with_identity(folder.path()),
        };
        assert!(put(&config, "domo.client_secret", "s3cret").await);
        assert!(!put(&config, "other", "0ther").await);
        let entries = read(&config).await.unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(**entries["domo.client_secret"], *b"s3cret");
        let sealed = std::fs::read(&config.file).unwrap();
        assert!(sealed.starts_with(b"age-encryption.org/v1\n"));
        for hidden in [&b"s3cret"[..], b"czNjcmV0", b"client_secret"] {
            assert!(!sealed.windows(hidden.len()).any(|window| window == hidden));
        }
        let mut vault = VaultEdit::open(&config, None).await.unwrap();
        assert!(vault.remove("other") && !vault.remove("other"));
        vault.save().await.unwrap();
        assert_eq!(read(&config).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn another_key_does_not_open_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_passphrase(folder.path(), "correct horse");
    put(&config, "a", "s3cret").await;
    let error = read(&with_passphrase(folder.path(), "battery"))
        .await
        .unwrap_err();
    assert!(
        error.contains("is not opened by this passphrase"),
        "{error}"
    );
    key::make_identity(&folder.path().join("own/identity")).unwrap();
    let error = read(&with_identity(folder.path())).await.unwrap_err();
    assert!(error.contains("is not locked with this key"), "{error}");
    // A vault that is there is never begun anew.
    let typed = Some(Zeroizing::new("battery".to_owned()));
    assert!(VaultEdit::open(&config, typed).await.is_err());
}

#[tokio::test]
async fn what_was_altered_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_identity(folder.path());
    put(&config, "a", "s3cret").await;
    let whole = std::fs::read(&config.file).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for bytes in [
        &flipped[..],
        &whole[..whole.len() - 3],
        b"",
        b"age-encryption.org/v1\n",
    ] {
        std::fs::write(&config.file, bytes).unwrap();
        assert!(read(&config).await.is_err());
        assert!(VaultEdit::open(&config, None).await.is_err());
    }
    std::fs::write(&config.file, whole).unwrap();
    assert!(read(&config).await.is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn its_files_are_their_owners() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let config = with_identity(folder.path());
    put(&config, "a", "s3cret").await;
    let identity = config.identity.as_deref().unwrap();
    for (path, mode) in [
        (config.file.as_path(), 0o600),
        (identity, 0o600),
        (identity.parent().unwrap(), 0o700),
    ] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
    }
    set_permissions(identity, Permissions::from_mode(0o640)).unwrap();
    let error = read(&config).await.unwrap_err();
    assert!(
        error.contains("can be read by its group (mode 0640)"),
        "{error}"
    );
    set_permissions(identity, Permissions::from_mode(0o600)).unwrap();
    set_permissions(&config.file, Permissions::from_mode(0o666)).unwrap();
    let error = read(&config).await.unwrap_err();
    assert!(
        error.contains("can be written by others (mode 0666)"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_writers_at_once_both_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_identity(folder.path());
    let writers: Vec<_> = (0..8)
        .map(|number| {
            let config = config.clone();
            tokio::spawn(async move { put(&config, &format!("entry {number}"), "s3cret").await })
        })
        .collect();
    let mut made = 0;
    for writer in writers {
        made += usize::from(writer.await.unwrap());
    }
    assert_eq!(made, 1);
    assert_eq!(read(&config).await.unwrap().len(), 8);
}

/// The format is that of `age`, so that its own program opens a vault too.
#[tokio::test]
async fn an_identity_of_age_keygen_unlocks() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_identity(folder.path());
    let identity = config.identity.as_deref().unwrap();
    key::make_identity(identity).unwrap();
    let key = std::fs::read_to_string(identity).unwrap();
    let key = key.lines().last().unwrap();
    let text = format!("# created: 2031-01-02T03:04:05Z\r\n# public key: age1x\r\n\r\n{key}\r\n");
    std::fs::write(identity, text).unwrap();
    put(&config, "a", "s3cret").await;
    assert_eq!(**read(&config).await.unwrap()["a"], *b"s3cret");
    for wrong in ["", "# nothing\n", "AGE-SECRET-KEY-1QQQ\n", "hunter2\n"] {
        std::fs::write(identity, wrong).unwrap();
        let error = read(&config).await.unwrap_err();
        assert!(
            error.contains("holds no line") && !error.contains("hunter2"),
            "{error}"
        );
    }
}
