//! Client assertions: a JWT in place of a client secret, signed by the app's certificate or by an
//! issuer that the app trusts. Holds no key and reads no clock: the caller signs and tells the time.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Client;
use crate::reply::{Refusal, TokenError};

/// `client_assertion_type` (RFC 7523, 2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Seconds that an assertion is good for (Entra documentation, "certificate-credentials": 5 to 10 minutes at most).
pub const LIFETIME_SECONDS: u64 = 300;

/// Holds the certificate's private key.
pub trait Signer {
    /// Signs with RSASSA-PSS, SHA-256 and a salt of 32 bytes (PS256, RFC 7518, 3.5).
    ///
    /// # Errors
    /// Says why the key cannot sign, without the key.
    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, String>;
}

/// Names the certificate: the SHA-256 of its DER form. It is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// Of a certificate.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// As computed by someone else.
    #[must_use]
    pub fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// What makes one assertion differ from the next.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Unix seconds, whole: a fraction in `exp` is not a `NumericDate` to everyone.
    pub now: u64,
    /// A GUID, never used before.
    pub jti: &'a str,
}

/// A GUID (RFC 9562, version 4) of these random bytes.
#[must_use]
pub fn guid(mut random: [u8; 16]) -> String {
    random[6] = random[6] & 0x0f | 0x40;
    random[8] = random[8] & 0x3f | 0x80;
    let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let [a, b, c, d, e] = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &hex[range]);
    format!("{a}-{b}-{c}-{d}-{e}")
}

/// An assertion signed by the app's certificate.
///
/// # Errors
/// A refusal when the key cannot sign.
pub fn signed(
    client: &Client,
    thumbprint: &Thumbprint,
    moment: Moment<'_>,
    signer: &dyn Signer,
) -> Result<Zeroizing<String>, TokenError> {
    let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint.text() });
    let claims = json!({
        "aud": client.token_url, "iss": client.id, "sub": client.id, "jti": moment.jti,
        "nbf": moment.now, "iat": moment.now, "exp": moment.now.saturating_add(LIFETIME_SECONDS),
    });
    let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let input = format!("{}.{}", encode(&header), encode(&claims));
    let signature = signer.sign(input.as_bytes()).map_err(cannot_sign)?;
    // An RSA signature of 4096 bits takes 683 characters: room for it at once leaves no copy behind.
    let mut jwt = Zeroizing::new(String::with_capacity(
        input.len() + 2 + 4 * signature.len() / 3 + 4,
    ));
    let _ = write!(jwt, "{input}.{}", URL_SAFE_NO_PAD.encode(signature));
    Ok(jwt)
}

/// An assertion that another issuer signed, as a platform mounts it in a file: read anew for every request.
///
/// # Errors
/// A refusal when the text is no JWT.
pub fn federated(text: &str) -> Result<Zeroizing<String>, TokenError> {
    let text = text.trim();
    let parts = text.split('.').filter(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
    });
    if text.split('.').count() == 3 && parts.count() == 3 {
        return Ok(Zeroizing::new(text.to_owned()));
    }
    Err(TokenError::Refused(Refusal {
        message: "the federated assertion is not a JWT of three parts".to_owned(),
        hint: Some("name the file in which the platform keeps the token that it issued"),
    }))
}

fn cannot_sign(why: String) -> TokenError {
    TokenError::Refused(Refusal {
        message: format!("the certificate's key cannot sign: {why}"),
        hint: Some("use an RSA key of 2048 to 4096 bits, the one that belongs to the certificate"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::{Credential, request_with};

    struct Echo;

    impl Signer for Echo {
        fn sign(&self, input: &[u8]) -> Result<Vec<u8>, String> {
            assert_eq!(input.iter().filter(|byte| **byte == b'.').count(), 1);
            Ok(b"signature".to_vec())
        }
    }

    struct Broken;

    impl Signer for Broken {
        fn sign(&self, _: &[u8]) -> Result<Vec<u8>, String> {
            Err("too small".to_owned())
        }
    }

    fn client() -> Client {
        Client {
            token_url: "https://login/t/oauth2/v2.0/token".into(),
            id: "app".into(),
            scope: "https://g/.default".into(),
        }
    }

    const MOMENT: Moment<'_> = Moment {
        now: 1000,
        jti: "j",
    };

    #[test]
    fn header_and_claims_are_as_documented() {
        let jwt = signed(&client(), &Thumbprint::of(b"der"), MOMENT, &Echo).unwrap();
        let parts: Vec<String> = jwt
            .split('.')
            .map(|part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        // The digest of `der`, by `printf der | openssl dgst -sha256 -binary | basenc --base64url`.
        assert_eq!(
            parts,
            [
                r#"{"alg":"PS256","typ":"JWT","x5t#S256":"UFDYDSLs1HHqVd9wNAQsHgQTQf9AZuf2_zjiC3IN-Oo"}"#,
                r#"{"aud":"https://login/t/oauth2/v2.0/token","exp":1300,"iat":1000,"iss":"app","jti":"j","nbf":1000,"sub":"app"}"#,
                "signature"
            ]
        );
    }

    #[test]
    fn a_digest_from_elsewhere_is_the_same() {
        let digest = Sha256::digest(b"der").into();
        assert_eq!(Thumbprint::from_digest(digest), Thumbprint::of(b"der"));
    }

    #[test]
    fn a_key_that_cannot_sign_is_told() {
        let error = signed(&client(), &Thumbprint::of(b""), MOMENT, &Broken).unwrap_err();
        let TokenError::Refused(refusal) = error else {
            panic!("{error:?}")
        };
        assert_eq!(
            refusal.message,
            "the certificate's key cannot sign: too small"
        );
    }

    #[test]
    fn the_assertion_takes_the_place_of_the_secret() {
        let request = request_with(&client(), Credential::Assertion("a.b.c"));
        assert_eq!(
            request.form.unwrap().as_str(),
            "client_id=app&scope=https%3A%2F%2Fg%2F.default&grant_type=client_credentials\
             &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c"
        );
    }

    #[test]
    fn a_mounted_assertion_loses_its_line_end_and_must_be_a_jwt() {
        assert_eq!(federated("a.b.c_-=\n").unwrap().as_str(), "a.b.c_-=");
        for text in ["", "a.b", "a..c", "a.b.c.d", "a.b.c d", "a.b.é"] {
            let error = federated(text).unwrap_err();
            assert!(
                matches!(&error, TokenError::Refused(refusal)
                    if refusal.message == "the federated assertion is not a JWT of three parts"),
                "{text}"
            );
        }
    }
}
