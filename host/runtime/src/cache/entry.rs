//! The form of a cache's file: a MAC over all that follows, which component and which compiler it is of,
//! and the code. It touches no disk.

use std::hash::{Hash, Hasher};

use ring::{digest, hmac};
use wasmtime::Engine;

use crate::hex::hex;

/// The first bytes under the MAC; another form gets another number.
const MAGIC: &[u8] = b"writeback compiled code 1\n";
/// HMAC-SHA-256.
const TAG_BYTES: usize = 32;

/// Of which component, and for which compiler, settings and processor, code is.
pub(super) struct Identity {
    component: digest::Digest,
    compatibility: digest::Digest,
}

impl Identity {
    pub(super) fn of(engine: &Engine, component: digest::Digest) -> Self {
        let mut hasher = Sha256(digest::Context::new(&digest::SHA256));
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self {
            component,
            compatibility: hasher.0.finish(),
        }
    }

    /// One file for each component: code for another compiler is replaced.
    pub(super) fn file_name(&self) -> String {
        format!("{}.code", hex(self.component.as_ref()))
    }

    fn parts(&self) -> [&[u8]; 3] {
        [MAGIC, self.component.as_ref(), self.compatibility.as_ref()]
    }
}

/// Code that was sealed under the key and with the identity that it was opened with.
pub(super) struct Authentic<'a>(&'a [u8]);

impl Authentic<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        self.0
    }
}

/// The file for this code.
pub(super) fn seal(key: &hmac::Key, identity: &Identity, code: &[u8]) -> Vec<u8> {
    let mut sealed = vec![0; TAG_BYTES];
    identity
        .parts()
        .into_iter()
        .chain([code])
        .for_each(|part| sealed.extend_from_slice(part));
    let tag = hmac::sign(key, &sealed[TAG_BYTES..]);
    sealed[..TAG_BYTES].copy_from_slice(tag.as_ref());
    sealed
}

/// The file's code, where it is authentic and of this identity.
pub(super) fn open<'a>(
    key: &hmac::Key,
    identity: &Identity,
    file: &'a [u8],
) -> Option<Authentic<'a>> {
    let (tag, sealed) = file.split_at_checked(TAG_BYTES)?;
    hmac::verify(key, sealed, tag).ok()?;
    let mut parts = identity.parts().into_iter();
    parts
        .try_fold(sealed, |rest, part| rest.strip_prefix(part))
        .map(Authentic)
}

/// Takes in what is hashed; a short hash is never asked for.
struct Sha256(digest::Context);

impl Hasher for Sha256 {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("the whole digest is taken instead")
    }
}
