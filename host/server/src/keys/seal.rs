//! Seals values: AES-256-GCM under a random nonce, bound to the place that the value belongs to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// Seals and opens under one key.
pub struct Sealer(LessSafeKey);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(..)")
    }
}

impl Sealer {
    pub(crate) fn new(key: &[u8]) -> Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, key);
        let key = key.map_err(|_| Error::Key("a key has the wrong length".to_owned()))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals a value for a place. The result is base64.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn seal(&self, place: &str, value: &[u8]) -> Result<String> {
        let failed = |_| Error::Key("a value could not be sealed".to_owned());
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(failed)?;
        let mut bytes = Zeroizing::new(value.to_vec());
        let tag = self.0.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place.as_bytes()),
            &mut bytes,
        );
        let tag = tag.map_err(failed)?;
        Ok(STANDARD.encode([&nonce[..], &bytes, tag.as_ref()].concat()))
    }

    /// Opens what [`seal`](Self::seal) made for this place.
    ///
    /// # Errors
    /// It was sealed under another key, for another place, or is damaged.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>> {
        let failed = || {
            Error::Key(format!(
                "what is sealed at `{place}` cannot be opened: it is damaged, or was sealed under another key"
            ))
        };
        let mut bytes = Zeroizing::new(STANDARD.decode(sealed).map_err(|_| failed())?);
        let (nonce, content) = bytes.split_at_mut_checked(NONCE_LEN).ok_or_else(failed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(place.as_bytes()), content);
        let opened = opened.map_err(|_| failed())?;
        Ok(Zeroizing::new(opened.to_vec()))
    }
}
