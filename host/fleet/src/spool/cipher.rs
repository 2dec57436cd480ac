//! How a blob is encrypted: chunk by chunk with AES-256-GCM under a key of its own, which stands at the beginning of
//! its file, sealed under the tenant's. A chunk's nonce is its number and whether it is the last, so that none can be
//! left out, moved or added; the key is sealed for one place, so that no file can stand in for another.

use std::io;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

/// Bytes of a blob that are encrypted together.
pub(super) const CHUNK: usize = 64 << 10;
/// Bytes that a chunk takes beyond its content.
pub(super) const TAG: usize = 16;
const MAGIC: &[u8; 8] = b"wbspool1";
const KEY: usize = 32;
/// Bytes before the first chunk: what the file is, and the blob's key, sealed.
pub(super) const HEAD: usize = MAGIC.len() + NONCE_LEN + KEY + TAG;

/// What the keys of a tenant's blobs are sealed under.
pub(super) struct TenantKey(LessSafeKey);

/// What a blob is encrypted with.
pub(super) struct BlobKey(LessSafeKey);

/// Where a blob belongs.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// Empty for one that nobody goes on with.
    pub(super) run: &'a str,
    pub(super) name: &'a str,
}

impl Place<'_> {
    /// None of the words has a slash.
    fn aad(self) -> Aad<Vec<u8>> {
        Aad::from(format!("{}/{}", self.run, self.name).into_bytes())
    }
}

impl TenantKey {
    /// The key for spools that follows from the tenant's.
    pub(super) fn derive(tenant: &str, key: &[u8]) -> io::Result<Self> {
        let extracted = Salt::new(HKDF_SHA256, b"writeback spool 1").extract(key);
        let derived = extracted
            .expand(&[tenant.as_bytes()], &AES_256_GCM)
            .map(UnboundKey::from)
            .map_err(|_| io::Error::other("the tenant's key is of no use"))?;
        Ok(Self(LessSafeKey::new(derived)))
    }

    /// A new blob's key, and what stands at the beginning of its file.
    pub(super) fn create(&self, place: Place<'_>) -> io::Result<(BlobKey, Vec<u8>)> {
        let mut nonce = [0; NONCE_LEN];
        let mut key = Zeroizing::new(vec![0; KEY]);
        let random = SystemRandom::new();
        let filled = random.fill(&mut nonce).and_then(|()| random.fill(&mut key));
        filled.map_err(|_| io::Error::other("there is no randomness"))?;
        let blob = BlobKey::new(&key)?;
        let nonce_of = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce_of, place.aad(), &mut key)
            .map_err(|_| io::Error::other("the blob's key cannot be sealed"))?;
        Ok((blob, [MAGIC, &nonce[..], &key, tag.as_ref()].concat()))
    }

    /// The key that stands at the beginning of a file, if it was sealed by this tenant for this place.
    pub(super) fn open(&self, place: Place<'_>, head: &[u8]) -> Option<BlobKey> {
        let rest = head.strip_prefix(MAGIC)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let key = self.0.open_in_place(nonce, place.aad(), &mut sealed).ok()?;
        BlobKey::new(key).ok()
    }
}

impl BlobKey {
    fn new(key: &[u8]) -> io::Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, key);
        let key = key.map_err(|_| io::Error::other("the blob's key is of no use"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Adds a chunk, encrypted, to `to`.
    pub(super) fn seal(
        &self,
        number: u64,
        last: bool,
        chunk: &[u8],
        to: &mut Vec<u8>,
    ) -> io::Result<()> {
        let at = to.len();
        to.extend_from_slice(chunk);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce(number, last), Aad::empty(), &mut to[at..])
            .map_err(|_| io::Error::other("a chunk cannot be encrypted"))?;
        to.extend_from_slice(tag.as_ref());
        Ok(())
    }

    /// The content of a chunk, if it is the one that was sealed as this.
    pub(super) fn open<'a>(
        &self,
        number: u64,
        last: bool,
        sealed: &'a mut [u8],
    ) -> io::Result<&'a [u8]> {
        let opened = self
            .0
            .open_in_place(nonce(number, last), Aad::empty(), sealed);
        match opened {
            Ok(content) => Ok(content),
            Err(_) => {
                let text = format!("what was kept is damaged: chunk {number}");
                Err(io::Error::new(io::ErrorKind::InvalidData, text))
            }
        }
    }
}

/// Each is used once: a key is one blob's, and a number one chunk's.
fn nonce(number: u64, last: bool) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    nonce[8] = u8::from(last);
    Nonce::assume_unique_for_key(nonce)
}
