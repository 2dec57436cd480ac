//! Client assertions: by certificate and by federation, from the client that is shipped and from wrong ones.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use writeback_cloud::Cloud;
use writeback_oauth::entra::assertion::{Moment, Signer, Thumbprint, signed};
use writeback_oauth::entra::{Client, Credential, read, request_with};
use writeback_oauth::{Reply, TokenError};

use crate::client::{cloud, post_form, send};

const STRANGER: &str = include_str!("../../keys/stranger.key.pem");
const STRANGER_CERTIFICATE: &str = include_str!("../../keys/stranger.pem");

struct Key(RsaKeyPair);

impl Key {
    fn new(pem: &str) -> Self {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
        Self(RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap())
    }

    fn sign_as(&self, encoding: &'static dyn RsaEncoding, input: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(encoding, &SystemRandom::new(), input, &mut signature)
            .unwrap();
        signature
    }
}

impl Signer for Key {
    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, String> {
        Ok(self.sign_as(&RSA_PSS_SHA256, input))
    }
}

fn own_key(cloud: &Cloud) -> Key {
    let files = &cloud.description().entra_certificate;
    Key::new(&std::fs::read_to_string(&files.key).unwrap())
}

fn thumbprint(cloud: &Cloud) -> Thumbprint {
    let files = &cloud.description().entra_certificate;
    let pem = std::fs::read(&files.certificate).unwrap();
    Thumbprint::of(&CertificateDer::from_pem_slice(&pem).unwrap())
}

fn client(cloud: &Cloud) -> Client {
    let d = cloud.description();
    Client {
        token_url: format!("{}/{}/oauth2/v2.0/token", d.login, d.tenant),
        id: d.entra_client.id.clone(),
        scope: "https://graph.microsoft.com/.default".to_owned(),
    }
}

fn now() -> u64 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

async fn ask(client: &Client, assertion: &str) -> Result<(), String> {
    let request = request_with(client, Credential::Assertion(assertion));
    let reply = post_form(&request.url, &[], &request.form.unwrap()).await;
    let answer = read(&Reply {
        status: reply.status,
        retry_after: None,
        body: &reply.body,
    });
    match answer {
        Ok(token) => {
            assert_eq!(token.identity.roles, ["Sites.ReadWrite.All"]);
            Ok(())
        }
        Err(TokenError::Refused(refusal)) => {
            let (start, _) = refusal.message.split_once(" (trace id").unwrap();
            Err(start.replace("Entra ID answered HTTP ", ""))
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// Header and claims as they should be, then changed.
fn handmade(cloud: &Cloud, change: impl FnOnce(&mut Value, &mut Value)) -> String {
    let client = client(cloud);
    let own = signed(
        &client,
        &thumbprint(cloud),
        Moment {
            now: now(),
            jti: "1",
        },
        &own_key(cloud),
    )
    .unwrap();
    let mut parts = own
        .split('.')
        .map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    let mut next = || serde_json::from_slice::<Value>(&parts.next().unwrap()).unwrap();
    let (mut header, mut claims) = (next(), next());
    change(&mut header, &mut claims);
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let input = format!("{}.{}", encode(&header), encode(&claims));
    let encoding: &'static dyn RsaEncoding = match header["alg"].as_str() {
        Some("RS256") => &RSA_PKCS1_SHA256,
        _ => &RSA_PSS_SHA256,
    };
    let signature = own_key(cloud).sign_as(encoding, input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn the_certificate_signs_in_by_either_algorithm() {
    let cloud = cloud().await;
    let client = client(&cloud);
    let moment = Moment {
        now: now(),
        jti: "1",
    };
    let ours = signed(&client, &thumbprint(&cloud), moment, &own_key(&cloud)).unwrap();
    assert_eq!(ask(&client, &ours).await, Ok(()));
    // As msal and azure-identity send it: padding, fractions, RS256.
    let theirs = handmade(&cloud, |header, claims| {
        header["alg"] = "RS256".into();
        header["x5t#S256"] = format!("{}=", header["x5t#S256"].as_str().unwrap()).into();
        claims["exp"] = json!(now() as f64 + 299.5);
    });
    assert_eq!(ask(&client, &theirs).await, Ok(()));
}

#[tokio::test]
async fn a_foreign_key_is_refused() {
    let cloud = cloud().await;
    let client = client(&cloud);
    let moment = Moment {
        now: now(),
        jti: "1",
    };
    let stranger = Key::new(STRANGER);
    let forged = signed(&client, &thumbprint(&cloud), moment, &stranger).unwrap();
    let invalid =
        Err("401 `AADSTS700027`: Client assertion failed signature validation".to_owned());
    assert_eq!(ask(&client, &forged).await, invalid);
    for alg in ["none", "HS256"] {
        let other = handmade(&cloud, |header, _| header["alg"] = alg.into());
        assert_eq!(ask(&client, &other).await, invalid, "{alg}");
    }
    let der = CertificateDer::from_pem_slice(STRANGER_CERTIFICATE.as_bytes()).unwrap();
    let unknown = signed(&client, &Thumbprint::of(&der), moment, &stranger).unwrap();
    assert_eq!(
        ask(&client, &unknown).await,
        Err("401 `AADSTS50012`: Authentication failed. Client assertion failed validation: no certificate of the app has this thumbprint".to_owned())
    );
}

#[tokio::test]
async fn each_wrong_claim_is_refused() {
    let cloud = cloud().await;
    let client = client(&cloud);
    let now = now();
    for (name, value, why) in [
        (
            "aud",
            json!("https://login.example/token"),
            "the audience is not this directory",
        ),
        ("sub", json!("other"), "the subject is not the app"),
        ("jti", Value::Null, "there is no `jti`"),
        (
            "exp",
            json!(now - 301),
            "it is not within its valid time range",
        ),
        (
            "nbf",
            json!(now + 400),
            "it is not within its valid time range",
        ),
        (
            "exp",
            json!(now + 700),
            "its life is longer than ten minutes",
        ),
        ("exp", Value::Null, "it is not within its valid time range"),
    ] {
        let wrong = handmade(&cloud, |_, claims| claims[name] = value.clone());
        assert_eq!(
            ask(&client, &wrong).await,
            Err(format!(
                "401 `AADSTS50012`: Authentication failed. Client assertion failed validation: {why}"
            )),
            "{name} {value}"
        );
    }
    let malformed = Err("400 `AADSTS50027`: JWT token is invalid or malformed".to_owned());
    assert_eq!(ask(&client, "a.b.c").await, malformed);
}

#[tokio::test]
async fn a_federated_assertion_signs_in_and_its_claims_must_match() {
    let cloud = cloud().await;
    let client = client(&cloud);
    for (changes, answer) in [
        (json!({}), Ok(())),
        (
            json!({"iss": "https://other"}),
            Err((
                700_211,
                "No matching federated identity record found for presented assertion issuer",
            )),
        ),
        (
            json!({"aud": "https://other"}),
            Err((
                700_212,
                "No matching federated identity record found for presented assertion audience",
            )),
        ),
        (
            json!({"sub": "other"}),
            Err((
                700_213,
                "No matching federated identity record found for presented assertion subject",
            )),
        ),
        (
            json!({"exp": 1}),
            Err((
                700_024,
                "Client assertion is not within its valid time range",
            )),
        ),
    ] {
        let url = format!("{}/federation", cloud.description().control);
        let headers = [("content-type", "application/json")];
        let issued = send("POST", &url, &headers, changes.to_string())
            .await
            .unwrap();
        let issued = issued.json()["assertion"].as_str().unwrap().to_owned();
        let expected = answer.map_err(|(code, text)| format!("401 `AADSTS{code}`: {text}"));
        assert_eq!(ask(&client, &issued).await, expected);
        // The last character carries padding bits only in part: change one in the middle of the signature.
        let (start, signature) = issued.rsplit_once('.').unwrap();
        let flipped = if signature.starts_with('A') { "B" } else { "A" };
        let forged = format!("{start}.{flipped}{}", &signature[1..]);
        if changes.get("iss").is_none() {
            assert!(ask(&client, &forged).await.unwrap_err().contains("700027"));
        }
    }
    let reader = cloud
        .description()
        .other_entra_clients
        .iter()
        .find(|app| app.name == "read-only");
    let other = Client {
        id: reader.unwrap().id.clone(),
        ..client
    };
    let url = format!("{}/federation", cloud.description().control);
    let headers = [("content-type", "application/json")];
    let issued = send("POST", &url, &headers, "{}").await.unwrap().json();
    let refused = ask(&other, issued["assertion"].as_str().unwrap()).await;
    assert!(refused.unwrap_err().contains("700211"));
}

#[tokio::test]
async fn the_type_of_the_assertion_must_be_told() {
    let cloud = cloud().await;
    let client = client(&cloud);
    let form = format!(
        "grant_type=client_credentials&scope=.default&client_id={}&client_assertion=a.b.c",
        client.id
    );
    for kind in ["", "&client_assertion_type=jwt"] {
        let reply = post_form(&client.token_url, &[], &format!("{form}{kind}")).await;
        assert_eq!(
            (reply.status, &reply.json()["error_codes"][0]),
            (400, &900_144.into())
        );
    }
}
