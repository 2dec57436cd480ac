//! A value in the vault that the configuration describes.

use super::Value;
use crate::config::VaultConfig;

#[cfg(feature = "vault")]
pub(super) async fn read(config: Option<&VaultConfig>, entry: &str) -> Result<Value, String> {
    let config = config.ok_or_else(|| {
        format!("the vault's entry `{entry}` cannot be read: the configuration has no `[vault]`")
    })?;
    let mut entries = crate::vault::read(config).await?;
    entries.remove(entry).ok_or_else(|| {
        format!(
            "the vault `{}` has no entry `{entry}`\nhint: `writeback account add` puts secrets there",
            config.file.display()
        )
    })
}

#[cfg(not(feature = "vault"))]
pub(super) async fn read(_: Option<&VaultConfig>, entry: &str) -> Result<Value, String> {
    Err(format!(
        "the vault's entry `{entry}` cannot be read: this build has no vaults"
    ))
}
