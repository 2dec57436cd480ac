//! Judges client assertions: signed by the app's certificate, or by the issuer that the app trusts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;

use super::apps::{App, TENANT_ID};
use super::refusal::Refusal;
use super::{TENANT, issuer};
use crate::clock;

/// RFC 7523, 2.2.
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Seconds between `nbf` and `exp`, at most (Entra documentation, "certificate-credentials").
const LONGEST: f64 = 600.0;
/// Seconds by which two clocks may differ.
const SKEW: f64 = 300.0;

struct Jwt<'a> {
    header: Value,
    claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

/// Whether the assertion proves that the app asks.
pub(super) fn judge(login: &str, app: &'static App, text: &str) -> Result<(), Refusal<'static>> {
    let jwt = Jwt::read(text).ok_or(Refusal::MalformedAssertion)?;
    if jwt.claims["iss"] == app.id {
        by_certificate(login, app, &jwt)
    } else {
        by_issuer(app, &jwt)
    }
}

fn by_certificate(login: &str, app: &App, jwt: &Jwt<'_>) -> Result<(), Refusal<'static>> {
    let bad = |why| Err(Refusal::BadAssertion(why));
    let Some(certificate) = app.certificate.filter(|pem| jwt.names(pem)) else {
        return bad("no certificate of the app has this thumbprint");
    };
    if !jwt.is_signed_by(certificate) {
        return Err(Refusal::BadSignature);
    }
    let claims = &jwt.claims;
    let audience = claims["aud"].as_str().unwrap_or_default();
    let ours = [TENANT, TENANT_ID].iter().any(|tenant| {
        audience == format!("{login}/{tenant}/oauth2/v2.0/token")
            || audience == format!("{login}/{tenant}/v2.0")
    });
    match () {
        () if !ours => bad("the audience is not this directory"),
        () if claims["sub"] != app.id => bad("the subject is not the app"),
        () if claims["jti"].as_str().is_none_or(str::is_empty) => bad("there is no `jti`"),
        () if !jwt.is_timely() => bad("it is not within its valid time range"),
        () if !jwt.is_short() => bad("its life is longer than ten minutes"),
        () => Ok(()),
    }
}

fn by_issuer(app: &App, jwt: &Jwt<'_>) -> Result<(), Refusal<'static>> {
    let claims = &jwt.claims;
    if app.certificate.is_none() || claims["iss"] != issuer::ISSUER {
        return Err(Refusal::NotFederated(700_211, "issuer"));
    }
    if !jwt.is_signed_by(issuer::CERTIFICATE) {
        return Err(Refusal::BadSignature);
    }
    if claims["aud"] != issuer::AUDIENCE {
        return Err(Refusal::NotFederated(700_212, "audience"));
    }
    if claims["sub"] != issuer::SUBJECT {
        return Err(Refusal::NotFederated(700_213, "subject"));
    }
    if !jwt.is_timely() {
        return Err(Refusal::FederatedTime);
    }
    Ok(())
}

impl<'a> Jwt<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
        Some(Self {
            header: part(header)?,
            claims: part(claims)?,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
            signed,
        })
    }

    /// By `x5t#S256`, or the SHA-1 `x5t` of older clients, which also leave padding in it.
    fn names(&self, pem: &str) -> bool {
        let Some(der) = der(pem) else { return false };
        let matches = |name: &str, algorithm| {
            let thumbprint = URL_SAFE_NO_PAD.encode(digest::digest(algorithm, &der));
            self.header[name]
                .as_str()
                .is_some_and(|text| text.trim_end_matches('=') == thumbprint)
        };
        matches("x5t#S256", &digest::SHA256) || matches("x5t", &digest::SHA1_FOR_LEGACY_USE_ONLY)
    }

    fn is_signed_by(&self, pem: &str) -> bool {
        let algorithm = match self.header["alg"].as_str() {
            Some("PS256") => webpki::ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
            Some("RS256") => webpki::ring::RSA_PKCS1_2048_8192_SHA256,
            _ => return false,
        };
        let Some(der) = der(pem) else { return false };
        webpki::EndEntityCert::try_from(&der).is_ok_and(|certificate| {
            certificate
                .verify_signature(algorithm, self.signed.as_bytes(), &self.signature)
                .is_ok()
        })
    }

    /// Fractions of a second are taken: real clients send them.
    fn is_timely(&self) -> bool {
        let now = clock::now() as f64;
        let not_before = self.claims["nbf"].as_f64().unwrap_or(now);
        let expires = self.claims["exp"].as_f64();
        not_before <= now + SKEW && expires.is_some_and(|expires| expires > now - SKEW)
    }

    fn is_short(&self) -> bool {
        let start = self.claims["nbf"].as_f64();
        let end = self.claims["exp"].as_f64();
        start
            .zip(end)
            .is_some_and(|(start, end)| end - start <= LONGEST)
    }
}

fn der(pem: &str) -> Option<CertificateDer<'static>> {
    CertificateDer::from_pem_slice(pem.as_bytes()).ok()
}
