//! An app's certificate and its private key, from PEM. The key signs and is never shown.

use rsa::PrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::sha2::Sha256;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::convert::Infallible;
use writeback_oauth::entra::assertion::{Signer, Thumbprint};
use zeroize::Zeroizing;

/// Where unpredictable bytes come from.
pub(crate) type RandomBytes = fn(usize) -> Vec<u8>;

/// A certificate that can sign.
pub(crate) struct Certificate {
    thumbprint: Thumbprint,
    key: PrivateKey,
    random: RandomBytes,
}

impl Certificate {
    /// Reads PEM: the certificate, and its key in the same text or in another one.
    pub(crate) fn from_pem(
        certificate: &[u8],
        key: &[u8],
        random: RandomBytes,
    ) -> Result<Self, String> {
        if !certificate.starts_with(b"-----BEGIN ") && !holds(certificate, b"\n-----BEGIN ") {
            return Err("it is not PEM\n\
                        hint: make it so with `openssl pkcs12 -in app.pfx -out app.pem -nodes`"
                .to_owned());
        }
        if holds(key, b" ENCRYPTED") {
            return Err(
                "its private key is encrypted\nhint: remove the passphrase with `openssl rsa`"
                    .to_owned(),
            );
        }
        let der = CertificateDer::from_pem_slice(certificate)
            .map_err(|_| "the PEM holds no certificate".to_owned())?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| "the PEM holds no private key".to_owned())?;
        Ok(Self {
            thumbprint: Thumbprint::of(&der),
            key: rsa_key(&key)?,
            random,
        })
    }

    pub(crate) fn thumbprint(&self) -> &Thumbprint {
        &self.thumbprint
    }
}

fn rsa_key(key: &PrivateKeyDer<'_>) -> Result<PrivateKey, String> {
    let der = Zeroizing::new(key.secret_der().to_vec());
    let read = match key {
        PrivateKeyDer::Pkcs1(_) => PrivateKey::from_pkcs1_der(&der).ok(),
        PrivateKeyDer::Pkcs8(_) => PrivateKey::from_pkcs8_der(&der).ok(),
        _ => None,
    };
    read.ok_or_else(|| "its private key is not an RSA key of 2048 to 4096 bits".to_owned())
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

impl Signer for Certificate {
    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, String> {
        self.key
            .pss_sign_with_rng::<Sha256, _>(&mut Random(self.random), input)
            .map_err(|_| "signing failed".to_owned())
    }
}

/// The salt's and the blinding's source.
struct Random(RandomBytes);

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, room: &mut [u8]) -> Result<(), Infallible> {
        room.copy_from_slice(&(self.0)(room.len()));
        Ok(())
    }
}

impl TryCryptoRng for Random {}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::{SecureRandom as _, SystemRandom};
    use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

    fn random(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        SystemRandom::new().fill(&mut bytes).unwrap();
        bytes
    }

    /// The certificate and its key.
    fn pem() -> String {
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/cloud/src/entra/keys"
        );
        let read = |name| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
        read("writer.pem") + &read("writer.key.pem")
    }

    #[test]
    fn another_library_believes_the_signature() {
        let pem = pem();
        let certificate = Certificate::from_pem(pem.as_bytes(), pem.as_bytes(), random).unwrap();
        let signature = certificate.sign(b"header.claims").unwrap();
        let public = rsa::pkcs1::EncodeRsaPublicKey::to_pkcs1_der(certificate.key.as_public_key());
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public.unwrap());
        public.verify(b"header.claims", &signature).unwrap();
        assert!(public.verify(b"header.other", &signature).is_err());
    }

    #[test]
    fn what_cannot_sign_says_why_and_shows_nothing() {
        let told = |certificate: &str, key: &str| {
            let read = Certificate::from_pem(certificate.as_bytes(), key.as_bytes(), random);
            read.err().unwrap()
        };
        assert!(told("\0\0", "").starts_with("it is not PEM\nhint: "));
        let pem = pem();
        assert_eq!(told(&pem, ""), "the PEM holds no private key");
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n";
        assert!(told(&pem, encrypted).starts_with("its private key is encrypted\nhint: "));
        let empty = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert!(told(&pem, empty).contains("not an RSA key"));
        assert_eq!(told(empty, empty), "the PEM holds no certificate");
    }
}
