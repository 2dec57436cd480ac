//! Keys: one master key of the installation, under it a key for each tenant, under that everything that is sealed.
//!
//! A tenant's key never leaves the process unsealed, and what is sealed is bound to its place: it cannot be moved to another
//! tenant's row, or to another column.

mod rotate;
mod seal;
mod source;

use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
pub use rotate::rotate;
pub use seal::Sealer;
pub use source::{MasterKeySource, new_file};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// The installation's master key, and the one before it while keys are rotated.
pub struct MasterKeys {
    current: Master,
    previous: Option<Master>,
}

struct Master {
    id: String,
    sealer: Sealer,
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MasterKeys")
            .field("current", &self.current.id)
            .field("previous", &self.previous.as_ref().map(|key| &key.id))
            .finish()
    }
}

/// A tenant's key, unsealed.
#[derive(Clone)]
pub struct TenantKey(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for TenantKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TenantKey(..)")
    }
}

/// A tenant's key as it is stored.
#[derive(Clone, Debug)]
pub struct SealedKey {
    /// Under which master key.
    pub master: String,
    /// The key, sealed.
    pub sealed: String,
}

impl MasterKeys {
    /// Takes the master key, and the one before it where keys are rotated.
    ///
    /// # Errors
    /// One of them is not 32 bytes.
    pub fn new(current: &[u8], previous: Option<&[u8]>) -> Result<Self> {
        Ok(Self {
            current: Master::new(current)?,
            previous: previous.map(Master::new).transpose()?,
        })
    }

    /// The name of the master key: what it is recognised by.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.current.id
    }

    /// Makes a key for a tenant.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn new_tenant_key(&self, tenant: &str) -> Result<(TenantKey, SealedKey)> {
        let key = TenantKey(random_key()?);
        let sealed = self.seal(tenant, &key)?;
        Ok((key, sealed))
    }

    /// Seals a tenant's key under the current master key.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn seal(&self, tenant: &str, key: &TenantKey) -> Result<SealedKey> {
        Ok(SealedKey {
            master: self.current.id.clone(),
            sealed: self.current.sealer.seal(&place(tenant), &key.0)?,
        })
    }

    /// Unseals a tenant's key.
    ///
    /// # Errors
    /// It is sealed under a master key that this process does not have.
    pub fn open(&self, tenant: &str, key: &SealedKey) -> Result<TenantKey> {
        let mut masters = std::iter::once(&self.current).chain(&self.previous);
        let master = masters.find(|master| master.id == key.master);
        let master = master.ok_or_else(|| {
            Error::Key(format!(
                "the key of tenant `{tenant}` is sealed under the master key {}, but this process has {}\n\
                 hint: give the master key that was in use before as --previous-master-key",
                key.master, self.current.id
            ))
        })?;
        Ok(TenantKey(master.sealer.open(&place(tenant), &key.sealed)?))
    }
}

impl Master {
    fn new(key: &[u8]) -> Result<Self> {
        if key.len() != KEY_BYTES {
            return Err(Error::Key(format!(
                "a master key is {KEY_BYTES} bytes in base64, not {}\nhint: `openssl rand -base64 32` makes one",
                key.len()
            )));
        }
        let digest = ring::digest::digest(
            &ring::digest::SHA256,
            &[b"writeback master key".as_slice(), key].concat(),
        );
        let id = digest.as_ref()[..6]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Self {
            id,
            sealer: Sealer::new(key)?,
        })
    }
}

impl TenantKey {
    /// What seals things of one purpose.
    ///
    /// # Errors
    /// Never for a key of 32 bytes.
    pub fn sealer(&self, purpose: &'static str) -> Result<Sealer> {
        Sealer::new(&self.derive(purpose)?)
    }

    /// A key of its own for one purpose.
    ///
    /// # Errors
    /// Never for a key of 32 bytes.
    pub fn derive(&self, purpose: &'static str) -> Result<Zeroizing<Vec<u8>>> {
        let mut derived = Zeroizing::new(vec![0; KEY_BYTES]);
        Salt::new(HKDF_SHA256, b"writeback tenant key")
            .extract(&self.0)
            .expand(&[purpose.as_bytes()], HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut derived))
            .map_err(|_| Error::Key("a key could not be derived".to_owned()))?;
        Ok(derived)
    }
}

/// Fresh random bytes for a key.
pub(crate) fn random_key() -> Result<Zeroizing<Vec<u8>>> {
    let mut key = Zeroizing::new(vec![0; KEY_BYTES]);
    SystemRandom::new()
        .fill(&mut key)
        .map_err(|_| Error::Key("the system has no random bytes".to_owned()))?;
    Ok(key)
}

fn place(tenant: &str) -> String {
    format!("tenant-key/{tenant}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: [u8; KEY_BYTES] = [1; KEY_BYTES];
    const NEW: [u8; KEY_BYTES] = [2; KEY_BYTES];

    #[test]
    fn a_tenants_key_moves_to_a_new_master_key() {
        let before = MasterKeys::new(&OLD, None).unwrap();
        let (key, sealed) = before.new_tenant_key("ten_1").unwrap();
        let secret = key.sealer("secrets").unwrap().seal("a", b"s3cret").unwrap();

        let between = MasterKeys::new(&NEW, Some(&OLD)).unwrap();
        let opened = between.open("ten_1", &sealed).unwrap();
        let moved = between.seal("ten_1", &opened).unwrap();

        let after = MasterKeys::new(&NEW, None).unwrap();
        assert!(
            after
                .open("ten_1", &sealed)
                .unwrap_err()
                .to_string()
                .contains("--previous-master-key")
        );
        let key = after.open("ten_1", &moved).unwrap();
        let read = key.sealer("secrets").unwrap().open("a", &secret).unwrap();
        assert_eq!(read.as_slice(), b"s3cret");
    }

    #[test]
    fn what_is_sealed_belongs_to_its_tenant_its_purpose_and_its_place() {
        let keys = MasterKeys::new(&OLD, None).unwrap();
        let (one, sealed) = keys.new_tenant_key("ten_1").unwrap();
        let (other, _) = keys.new_tenant_key("ten_2").unwrap();
        assert!(keys.open("ten_2", &sealed).is_err());
        let secret = one.sealer("secrets").unwrap().seal("a", b"s3cret").unwrap();
        assert!(one.sealer("secrets").unwrap().open("b", &secret).is_err());
        assert!(one.sealer("runs").unwrap().open("a", &secret).is_err());
        assert!(other.sealer("secrets").unwrap().open("a", &secret).is_err());
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        let keys = MasterKeys::new(&OLD, Some(&NEW)).unwrap();
        let (key, _) = keys.new_tenant_key("ten_1").unwrap();
        assert_eq!(format!("{key:?}"), "TenantKey(..)");
        assert!(!format!("{keys:?}").contains("[1"));
    }
}
