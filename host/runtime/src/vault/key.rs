//! What unlocks a vault: an `age` identity in a file that its owner alone can read, or a passphrase.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::iter::once;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use age::secrecy::{ExposeSecret as _, SecretString};
use age::{DecryptError, Decryptor, Encryptor, scrypt, x25519};
use zeroize::Zeroizing;

use crate::config::VaultConfig;
use crate::credentials::access::{Readers, check};
use crate::credentials::passphrase_of;

/// log2 of scrypt's N: 128 MiB for a moment (OWASP, "Password Storage": N = 2^17, r = 8, p = 1).
const WORK: u8 = 17;
/// Of files that other programs of `age` made.
const MOST_WORK: u8 = 20;
/// One passphrase is tried at a time: each takes its memory.
static TRYING: Mutex<()> = Mutex::new(());

/// Longer than any identity file.
const IDENTITY_BYTES: u64 = 16 * 1024;

pub(super) enum Key {
    Identity(Box<x25519::Identity>),
    Passphrase(SecretString),
}

impl Key {
    /// What `config` names; `passphrase` stands in for the configured one.
    pub(super) async fn read(
        config: &VaultConfig,
        passphrase: Option<Zeroizing<String>>,
    ) -> Result<Self, String> {
        let passphrase = match (&config.identity, &config.passphrase, passphrase) {
            (Some(identity), ..) => return read_identity(identity),
            (None, Some(_), Some(passphrase)) => passphrase,
            (None, Some(source), None) => passphrase_of(source)
                .await
                .map_err(|why| format!("the vault's passphrase: {why}"))?,
            (None, None, _) => {
                return Err("the vault has neither identity nor passphrase".to_owned());
            }
        };
        Ok(Self::Passphrase(SecretString::from(passphrase.as_str())))
    }

    /// The answer, if it is a refusal, continues a sentence that begins with the vault's name.
    pub(super) fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
        // A decrypted file is shorter than the encrypted one: one allocation, and no copies.
        let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len() + 64));
        let decryptor = Decryptor::new_buffered(sealed).map_err(unopened)?;
        let reader = match self {
            Self::Identity(identity) => decryptor.decrypt(once(&**identity as &dyn age::Identity)),
            Self::Passphrase(passphrase) => {
                let _one = TRYING.lock().unwrap_or_else(PoisonError::into_inner);
                let mut identity = scrypt::Identity::new(passphrase.clone());
                identity.set_max_work_factor(MOST_WORK);
                decryptor.decrypt(once(&identity as &dyn age::Identity))
            }
        };
        let mut reader = reader.map_err(unopened)?;
        let read = reader.read_to_end(&mut plain);
        read.map_err(|_| "was altered or cut".to_owned())?;
        Ok(plain)
    }

    pub(super) fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, String> {
        let failed = |error: &dyn std::fmt::Display| format!("cannot be encrypted: {error}");
        let encryptor = match self {
            Self::Identity(identity) => {
                Encryptor::with_recipients(once(&identity.to_public() as &dyn age::Recipient))
            }
            Self::Passphrase(passphrase) => {
                let _one = TRYING.lock().unwrap_or_else(PoisonError::into_inner);
                let mut recipient = scrypt::Recipient::new(passphrase.clone());
                recipient.set_work_factor(WORK);
                Encryptor::with_recipients(once(&recipient as &dyn age::Recipient))
            }
        };
        let mut sealed = Vec::new();
        let mut writer = encryptor
            .map_err(|error| failed(&error))?
            .wrap_output(&mut sealed)
            .map_err(|error| failed(&error))?;
        writer.write_all(plain).map_err(|error| failed(&error))?;
        writer.finish().map_err(|error| failed(&error))?;
        Ok(sealed)
    }
}

fn unopened(error: DecryptError) -> String {
    match error {
        DecryptError::NoMatchingKeys => {
            "is not locked with this key\nhint: `[vault]` says what unlocks it".to_owned()
        }
        DecryptError::DecryptionFailed => {
            "is not opened by this passphrase\nhint: `vault.passphrase` says where it comes from"
                .to_owned()
        }
        DecryptError::ExcessiveWork { .. } => "asks for too much work to be unlocked".to_owned(),
        _ => "is not an encrypted file of `age`, or was altered".to_owned(),
    }
}

fn read_identity(path: &Path) -> Result<Key, String> {
    let told = |why: String| format!("the vault's identity `{}` {why}", path.display());
    let file = File::open(path).map_err(|error| told(format!("cannot be read: {error}")))?;
    check(path, &file, Readers::Owner).map_err(told)?;
    let mut text = Zeroizing::new(String::with_capacity(IDENTITY_BYTES as usize + 64));
    file.take(IDENTITY_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| told(format!("cannot be read: {error}")))?;
    let mut lines = text.lines().map(str::trim);
    let key = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    let identity = key.and_then(|key| key.parse().ok()).ok_or_else(|| {
        told("holds no line `AGE-SECRET-KEY-1…`\nhint: `age-keygen` makes such a file".to_owned())
    })?;
    Ok(Key::Identity(Box::new(identity)))
}

/// Makes an identity's file, which must not be there yet.
pub(super) fn make_identity(path: &Path) -> Result<(), String> {
    let told = |error: std::io::Error| {
        format!(
            "the vault's identity `{}` cannot be made: {error}",
            path.display()
        )
    };
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(folder).map_err(told)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let identity = x25519::Identity::generate();
    let text = Zeroizing::new(format!(
        "# unlocks a vault of writeback\n# public key: {}\n{}\n",
        identity.to_public(),
        identity.to_string().expose_secret()
    ));
    let mut file = options.open(path).map_err(told)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(told)
}
