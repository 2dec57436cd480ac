//! The authorization code grant with PKCE (RFC 7636) on a loopback redirect (RFC 8252).
//! It opens no browser and listens nowhere; randomness comes from the caller.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded::{self, Serializer};
use zeroize::Zeroizing;

use super::{Client, Credential, post, refusal};
use crate::reply::{Refusal, TokenError};
use crate::token::TokenRequest;

/// The secret that ties a code to the one who asked for it. Not for use twice.
pub struct Verifier(Zeroizing<String>);

impl Verifier {
    /// From 32 random bytes, as RFC 7636, 4.1 recommends.
    #[must_use]
    pub fn new(random: &Zeroizing<[u8; 32]>) -> Self {
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(random.as_slice())))
    }

    /// What the authorize URL carries (S256; RFC 7636, 4.2).
    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes()))
    }
}

/// What came back by way of the browser. It buys one token.
pub struct Code(Zeroizing<String>);

/// The page that the person opens. `authorize_url` is `https://{login}/{tenant}/oauth2/v2.0/authorize`;
/// `state` is random too, and comes back with the redirect.
#[must_use]
pub fn authorize_url(
    authorize_url: &str,
    client: &Client,
    redirect_uri: &str,
    state: &str,
    verifier: &Verifier,
) -> String {
    let query = Serializer::new(String::new())
        .append_pair("client_id", &client.id)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("response_mode", "query")
        .append_pair("scope", &client.scope)
        .append_pair("state", state)
        .append_pair("code_challenge", &verifier.challenge())
        .append_pair("code_challenge_method", "S256")
        .finish();
    format!("{authorize_url}?{query}")
}

/// Reads the query of the redirect. Nothing in it is believed before `state` is found to be ours.
///
/// # Errors
/// A foreign redirect, the service's refusal, or the person's.
pub fn read_redirect(query: &str, state: &str) -> Result<Code, TokenError> {
    let value = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .filter(|value| !value.is_empty())
    };
    if state.is_empty() || value("state").as_deref() != Some(state) {
        return Err(unusable("the redirect belongs to another sign-in"));
    }
    if let Some(error) = value("error") {
        let members = json!({ "error": error, "error_description": value("error_description") });
        return Err(refusal::judge("Entra ID answered", false, None, &members));
    }
    value("code")
        .map(|code| Code(Zeroizing::new(code)))
        .ok_or_else(|| unusable("the redirect holds no code"))
}

/// Exchanges the code for a token; [`super::read_delegated`] reads the answer.
#[must_use]
pub fn exchange(
    client: &Client,
    code: &Code,
    redirect_uri: &str,
    verifier: &Verifier,
    credential: Credential<'_>,
) -> TokenRequest {
    let fields = [
        ("client_id", client.id.as_str()),
        ("scope", &client.scope),
        ("grant_type", "authorization_code"),
        ("code", &code.0),
        ("redirect_uri", redirect_uri),
        ("code_verifier", &verifier.0),
    ];
    post(&client.token_url, &fields, credential)
}

fn unusable(message: &str) -> TokenError {
    TokenError::Refused(Refusal {
        message: message.to_owned(),
        hint: Some("sign in again, in the page that this sign-in opened"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client {
            token_url: "https://login/t/oauth2/v2.0/token".into(),
            id: "app".into(),
            scope: "a offline_access".into(),
        }
    }

    fn refused(query: &str) -> String {
        match read_redirect(query, "st") {
            Err(TokenError::Refused(refusal)) => refusal.message,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("a code"),
        }
    }

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let random = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212,
            37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let verifier = Verifier::new(&Zeroizing::new(random));
        assert_eq!(
            verifier.0.as_str(),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        );
        assert_eq!(
            verifier.challenge(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
        let url = authorize_url(
            "https://login/t/oauth2/v2.0/authorize",
            &client(),
            "http://localhost:4/",
            "s t",
            &verifier,
        );
        assert_eq!(
            url,
            "https://login/t/oauth2/v2.0/authorize?client_id=app&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A4%2F\
             &response_mode=query&scope=a+offline_access&state=s+t&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
             &code_challenge_method=S256"
        );
    }

    #[test]
    fn a_code_is_exchanged_with_its_verifier() {
        let verifier = Verifier::new(&Zeroizing::new([0; 32]));
        let code = read_redirect("code=0.c%2B&state=st&session_state=x", "st")
            .ok()
            .unwrap();
        let request = exchange(
            &client(),
            &code,
            "http://localhost:4/",
            &verifier,
            Credential::Public,
        );
        assert_eq!(request.url, client().token_url);
        assert_eq!(
            request.form.unwrap().as_str(),
            "client_id=app&scope=a+offline_access&grant_type=authorization_code&code=0.c%2B&redirect_uri=http%3A%2F%2Flocalhost%3A4%2F\
             &code_verifier=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        );
    }

    #[test]
    fn a_foreign_redirect_is_refused_whatever_it_says() {
        for query in [
            "",
            "code=c",
            "code=c&state=other",
            "code=c&state=",
            "error=x&state=ST",
        ] {
            assert_eq!(
                refused(query),
                "the redirect belongs to another sign-in",
                "{query}"
            );
        }
        assert!(read_redirect("code=c&state=", "").is_err());
        assert_eq!(refused("state=st&code="), "the redirect holds no code");
    }

    #[test]
    fn a_refusal_comes_by_redirect_too() {
        let said = refused(
            "error=access_denied&error_description=AADSTS65004%3a+User+declined+to+consent+to+access+the+app.&state=st",
        );
        assert_eq!(
            said,
            "Entra ID answered `AADSTS65004`: User declined to consent to access the app"
        );
        let passing = read_redirect("error=temporarily_unavailable&state=st", "st").err();
        assert!(matches!(passing, Some(TokenError::Passing { .. })));
    }
}
