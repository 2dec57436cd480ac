//! The issuer whose tokens an app takes in place of a secret, as a Kubernetes cluster or a CI system would be.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;

pub(super) const ISSUER: &str = "https://issuer.simulated";
pub(super) const SUBJECT: &str = "system:serviceaccount:writeback:runner";
/// Entra documentation, "workload-identity-federation-create-trust".
pub(super) const AUDIENCE: &str = "api://AzureADTokenExchange";
pub(super) const CERTIFICATE: &str = include_str!("keys/issuer.pem");
const KEY: &str = include_str!("keys/issuer.key.pem");

/// Signs the claims (RS256).
pub(super) fn issue(claims: &Value) -> anyhow::Result<String> {
    let der = PrivatePkcs8KeyDer::from_pem_slice(KEY.as_bytes())
        .map_err(|error| anyhow::anyhow!("the issuer's key: {error}"))?;
    let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der())
        .map_err(|error| anyhow::anyhow!("the issuer's key: {error}"))?;
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT","kid":"issuer"}"#);
    let input = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        input.as_bytes(),
        &mut signature,
    )
    .map_err(|_| anyhow::anyhow!("the issuer cannot sign"))?;
    Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
