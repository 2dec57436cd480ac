//! An account that is open: its handle, its base URL, what its token says.
//!
//! It never sees the credential, and turns sign-in trouble into failures.

use crate::error::{Code, Failure};
use crate::ports::{Identity, Ports, Secret, SecretError};
use crate::refusal::Service;

/// An account of one service.
pub struct Account<P: Ports> {
    /// Whose it is.
    pub service: Service,
    /// The handle to spend.
    pub secret: P::Secret,
    /// Base URL of the service, without a trailing slash.
    pub base: String,
    /// What the token says about itself.
    pub identity: Identity,
}

impl Service {
    /// What the account's configuration calls the service's base URL.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::Domo => "api",
            Self::SharePoint => "graph",
        }
    }

    fn sign_in(self) -> Code {
        match self {
            Self::Domo => Code::SignInDomo,
            Self::SharePoint => Code::SignInSharePoint,
        }
    }

    fn unavailable(self) -> Code {
        match self {
            Self::Domo => Code::DomoUnavailable,
            Self::SharePoint => Code::SharePointUnavailable,
        }
    }
}

/// Opens an account and signs it in.
pub fn open<P: Ports>(
    ports: &P,
    service: Service,
    name: &str,
) -> Result<Account<P>, (SecretError, Failure)> {
    let told = |error: SecretError| (error.clone(), failure(service, name, error));
    let secret = ports.secret(name).map_err(told)?;
    let base = secret.endpoint(service.endpoint()).map_err(told)?;
    let identity = secret.identity().map_err(told)?;
    Ok(Account {
        service,
        secret,
        base,
        identity,
    })
}

/// The failure that an account's trouble becomes.
pub fn failure(service: Service, name: &str, error: SecretError) -> Failure {
    let doing = format!("signing in to {service} failed");
    match error {
        SecretError::Undeclared(text) => Failure::new(
            Code::AccountUndeclared,
            format!("account `{name}`: {text}"),
        )
        .hint(format!(
            "add `[accounts.{name}]` to the configuration file, or correct the job's `account`"
        )),
        SecretError::Refused(text) => refused(service, &doing, &text),
        SecretError::Unavailable(text) => {
            Failure::new(service.unavailable(), format!("{doing}: {text}"))
                .hint("run the job again later")
                .after(60)
        }
        SecretError::Cancelled => Failure::cancelled(),
    }
}

/// A refused sign-in. The host may have put its own hint behind `hint: `.
pub fn refused(service: Service, doing: &str, text: &str) -> Failure {
    let (said, hint) = match text.split_once("hint: ") {
        Some((said, hint)) => (
            said.trim_end_matches([' ', '\n', ';', ',', '(']),
            hint.trim(),
        ),
        None => (text, known_hint(service, text)),
    };
    Failure::new(
        service.sign_in(),
        format!("{doing}: {}", said.trim_end_matches('.')),
    )
    .hint(hint)
}

/// What helps, by the code in Entra's words. Entra asks not to branch on these
/// numbers; here they choose a hint and nothing else.
fn known_hint(service: Service, text: &str) -> &'static str {
    if service == Service::Domo {
        return "check `client_id` and `client_secret` of the account; Domo's connector pane calls them `Secret ID` and `Value`";
    }
    let hints = [
        (
            "AADSTS7000215",
            "give the client secret's *value*, not its id; Domo's connector pane calls the application (client) id `Secret ID` and the client secret `Value`",
        ),
        (
            "AADSTS7000222",
            "the client secret has expired: add a new one under Certificates & secrets and put its value into the account",
        ),
        (
            "AADSTS700016",
            "check `client_id` (the application id) and `tenant`: the application is not in this tenant",
        ),
        ("AADSTS90002", "check `tenant`: no tenant goes by this name"),
        (
            "AADSTS90038",
            "check `cloud`: the tenant belongs to another one",
        ),
    ];
    let found = hints.iter().find(|(code, _)| text.contains(code));
    found.map_or(
        "check `tenant`, `client_id` and `client_secret` of the account",
        |(_, hint)| *hint,
    )
}

/// Application or delegated permissions that allow a write to every site.
const WRITES: [&str; 6] = [
    "Sites.ReadWrite.All",
    "Sites.Manage.All",
    "Sites.FullControl.All",
    "Files.ReadWrite.All",
    "Files.ReadWrite",
    "AllSites.Write",
];

/// How far the token's permissions reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Every site may be written.
    Every,
    /// The sites that were granted one by one.
    Selected,
    /// Sites may be read at most.
    None,
}

/// How far a token of Entra's reaches. It says so itself; SharePoint has the last word.
pub fn reach(identity: &Identity) -> Reach {
    let mut granted = identity.roles.iter().chain(&identity.scopes);
    if granted.clone().any(|role| WRITES.contains(&role.as_str())) {
        return Reach::Every;
    }
    match granted.any(|role| role.ends_with(".Selected") || role.contains("SelectedOperations")) {
        true => Reach::Selected,
        false => Reach::None,
    }
}

/// What would help against a 403 of SharePoint's.
pub fn permission_hint(identity: &Identity) -> &'static str {
    match reach(identity) {
        Reach::None => {
            "grant the application `Sites.ReadWrite.All`, or `Sites.Selected` and write access to this site, with admin consent"
        }
        Reach::Selected => {
            "`Sites.Selected` alone opens no site: give the application the role `write` on this one (POST /sites/{site-id}/permissions)"
        }
        Reach::Every => {
            "the token has the permission: check the site's lock state, its access policies and conditional access"
        }
    }
}
