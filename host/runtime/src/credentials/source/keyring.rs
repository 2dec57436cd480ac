//! A value in the keyring of a desktop session: the Secret Service of Linux (GNOME Keyring, KWallet,
//! KeePassXC). It is read there and never written.

use super::Value;

#[cfg(all(target_os = "linux", feature = "keyring"))]
pub(super) use service::{look, read};

#[cfg(not(all(target_os = "linux", feature = "keyring")))]
pub(super) async fn read(entry: &str) -> Result<Value, String> {
    look(entry).await.map(|()| Value::default())
}

#[cfg(not(all(target_os = "linux", feature = "keyring")))]
pub(super) async fn look(entry: &str) -> Result<(), String> {
    Err(format!(
        "the keyring's entry `{entry}` cannot be read: this build has no keyring\nhint: use `exec`, e.g. `security find-generic-password -s writeback -a {entry} -w`"
    ))
}

#[cfg(all(target_os = "linux", feature = "keyring"))]
mod service {
    use std::collections::HashMap;
    use std::time::Duration;

    use secret_service::{EncryptionType, Error, Item, SearchItemsResult, SecretService};

    use super::*;

    /// Long enough for a person to type the keyring's password.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// Entries are found by these, as `secret-tool store --label=… service writeback account NAME` sets them.
    const SERVICE: &str = "writeback";

    pub(in super::super) async fn read(entry: &str) -> Result<Value, String> {
        let reading = async {
            let keyring = SecretService::connect(EncryptionType::Dh).await?;
            let item = found(&keyring, entry).await?;
            if item.is_locked().await? {
                item.unlock().await?;
            }
            Ok(Value::new(item.get_secret().await?))
        };
        patiently(entry, reading).await
    }

    pub(in super::super) async fn look(entry: &str) -> Result<(), String> {
        let looking = async {
            let keyring = SecretService::connect(EncryptionType::Plain).await?;
            found(&keyring, entry).await.map(drop)
        };
        patiently(entry, looking).await
    }

    async fn found<'a>(keyring: &'a SecretService<'_>, entry: &str) -> Result<Item<'a>, Error> {
        let wanted = HashMap::from([("service", SERVICE), ("account", entry)]);
        let SearchItemsResult { unlocked, locked } = keyring.search_items(wanted).await?;
        unlocked
            .into_iter()
            .chain(locked)
            .next()
            .ok_or(Error::NoResult)
    }

    async fn patiently<T>(
        entry: &str,
        asking: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, String> {
        let told = |why: &str| format!("the keyring's entry `{entry}` {why}");
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(answer) => answer.map_err(|error| told(&explained(&error, entry))),
            Err(_) => Err(told(&format!(
                "was not handed out within {} seconds\nhint: unlock the keyring",
                PATIENCE.as_secs()
            ))),
        }
    }

    fn explained(error: &Error, entry: &str) -> String {
        match error {
            Error::NoResult => format!(
                "is not there\nhint: secret-tool store --label=writeback service {SERVICE} account {entry}"
            ),
            Error::Locked | Error::Prompt | Error::PromptDisconnected => {
                "is locked\nhint: unlock the keyring".to_owned()
            }
            Error::Unavailable => {
                "cannot be read: there is no session with a keyring\nhint: keep it in a `vault` or a `file`, or let `exec` print it, where nobody is logged in to a desktop".to_owned()
            }
            error => format!("cannot be read: {error}"),
        }
    }
}
