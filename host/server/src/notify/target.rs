//! Where a message goes: as clients write it, as they read it, and what of it is sealed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::secret::Secret;
use super::webhook;
use crate::api::Checks;
use crate::error::{Error, Result};
use crate::keys::TenantKey;
use crate::settings::Smtp;
use crate::store::targets::TargetRow;

/// What secrets of targets are sealed for.
const SEALED: &str = "targets";

/// Where a target's secrets belong.
fn place(target: &str) -> String {
    format!("target/{target}")
}

/// Addresses of one target.
const ADDRESSES: usize = 20;
/// The longest URL.
const URL_BYTES: usize = 2_000;

/// Where messages are to go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Destination {
    /// To a URL, signed as Standard Webhooks says.
    Webhook {
        /// The URL, which may hold a secret and is one.
        url: Secret,
        /// What messages are signed with: 16 bytes or more, or `whsec_` and base64.
        secret: Secret,
    },
    /// By e-mail.
    Email {
        /// The addresses.
        #[schema(min_items = 1, max_items = 20)]
        to: Vec<String>,
    },
    /// As rows of a Domo DataSet.
    Domo {
        /// An account of the tenant.
        account: String,
        /// The DataSet's identifier.
        dataset: String,
    },
}

/// Where messages go, without what is secret of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ShownDestination {
    /// To a URL.
    Webhook {
        /// The URL: where it leads to.
        url: ShownUrl,
        /// What messages are signed with.
        secret: ShownSecret,
    },
    /// By e-mail.
    Email {
        /// The addresses.
        to: Vec<String>,
    },
    /// As rows of a Domo DataSet.
    Domo {
        /// An account of the tenant.
        account: String,
        /// The DataSet's identifier.
        dataset: String,
    },
}

/// A URL that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShownUrl {
    /// Always `true`.
    pub stored: bool,
    /// Its scheme and host.
    pub origin: String,
}

/// A secret that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShownSecret {
    /// Always `true`.
    pub stored: bool,
}

impl ShownDestination {
    /// The word for it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Email { .. } => "email",
            Self::Domo { .. } => "domo",
        }
    }
}

/// What is sealed of a webhook.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sealed {
    #[serde(with = "text")]
    pub(super) url: Zeroizing<String>,
    #[serde(with = "text")]
    pub(super) secret: Zeroizing<String>,
}

/// `Zeroizing` has no words of its own.
mod text {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(
        text: &Zeroizing<String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Zeroizing<String>, D::Error> {
        String::deserialize(deserializer).map(Zeroizing::new)
    }
}

impl Sealed {
    /// Opens what a target has sealed.
    pub(crate) fn open(key: &TenantKey, target: &TargetRow) -> Result<Self> {
        let opened = key
            .sealer(SEALED)?
            .open(&place(&target.id), &target.sealed)?;
        serde_json::from_slice(&opened).map_err(Error::stored("a target's secrets"))
    }

    /// Seals it for a target.
    pub(crate) fn seal(&self, key: &TenantKey, target: &str) -> Result<String> {
        let text = serde_json::to_vec(self).map(Zeroizing::new);
        let text = text.map_err(Error::stored("a target's secrets"))?;
        key.sealer(SEALED)?.seal(&place(target), &text)
    }

    /// A text in which nothing of it is left.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        let mut text = text
            .replace(self.url.as_str(), "the URL")
            .replace(self.secret.as_str(), "…");
        if let Ok(url) = url::Url::parse(&self.url) {
            let beyond = [
                url.query().unwrap_or_default(),
                url.path().trim_matches('/'),
            ];
            for part in beyond.into_iter().filter(|part| part.len() > 3) {
                text = text.replace(part, "…");
            }
        }
        text
    }
}

/// Judges where messages are to go. `old` is what is sealed already.
pub(crate) fn judge(
    to: Destination,
    old: Option<Sealed>,
    smtp: Option<&Smtp>,
    checks: &mut Checks,
) -> Option<(ShownDestination, Option<Sealed>)> {
    match to {
        Destination::Webhook { url, secret } => {
            let (old_url, old_secret) = old.map(|old| (old.url, old.secret)).unzip();
            let url = chosen("to.url", url, old_url, checks)?;
            let secret = chosen("to.secret", secret, old_secret, checks)?;
            if let Err(message) = webhook::key(&secret) {
                checks.add("to.secret", message);
            }
            let origin = check_url(&url, checks)?;
            let shown = ShownDestination::Webhook {
                url: ShownUrl {
                    stored: true,
                    origin,
                },
                secret: ShownSecret { stored: true },
            };
            Some((shown, Some(Sealed { url, secret })))
        }
        Destination::Email { to } => {
            if smtp.is_none() {
                checks.add(
                    "to.kind",
                    "this server sends no e-mail: ask who runs it for a mail server",
                );
            }
            if !(1..=ADDRESSES).contains(&to.len()) {
                checks.add("to.to", format!("it is not 1 to {ADDRESSES} addresses"));
            }
            for (index, address) in to.iter().enumerate() {
                if address.parse::<lettre::Address>().is_err() {
                    checks.add(
                        &format!("to.to.{index}"),
                        "it is not an address such as `a@example.com`",
                    );
                }
            }
            Some((ShownDestination::Email { to }, None))
        }
        Destination::Domo { account, dataset } => {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
            if dataset.is_empty() || dataset.len() > 64 || !dataset.chars().all(plain) {
                checks.add(
                    "to.dataset",
                    "it is not a DataSet's identifier, as in its address in Domo",
                );
            }
            Some((ShownDestination::Domo { account, dataset }, None))
        }
    }
}

fn chosen(
    path: &str,
    given: Secret,
    old: Option<Zeroizing<String>>,
    checks: &mut Checks,
) -> Option<Zeroizing<String>> {
    let chosen = match given {
        Secret::Value(value) => Some(value),
        Secret::Stored => old,
    };
    if chosen.is_none() {
        checks.add(
            path,
            "no value of it is stored: send one as `{ \"value\": \"…\" }`",
        );
    }
    chosen
}

/// The URL's scheme and host. Which of them may be reached, the tenant's egress policy says.
fn check_url(text: &str, checks: &mut Checks) -> Option<String> {
    let parsed = url::Url::parse(text)
        .ok()
        .filter(|_| text.len() <= URL_BYTES);
    let good = parsed.filter(|url| {
        matches!(url.scheme(), "https" | "http")
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    });
    if good.is_none() {
        checks.add(
            "to.url",
            format!("it is not a URL such as `https://example.com/hook`, of at most {URL_BYTES} bytes, without a user's name"),
        );
    }
    good.map(|url| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Sealed {
        Sealed {
            url: Zeroizing::new("https://hooks.example/T0/s3cret?token=t0ken".to_owned()),
            secret: Zeroizing::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
        }
    }

    #[test]
    fn of_a_url_its_origin_is_shown() {
        let mut checks = Checks::default();
        let to = Destination::Webhook {
            url: Secret::Stored,
            secret: Secret::Stored,
        };
        let (shown, kept) = judge(to, Some(sealed()), None, &mut checks).unwrap();
        assert!(checks.end().is_ok());
        let shown = serde_json::to_string(&shown).unwrap();
        assert!(
            shown.contains("\"https://hooks.example\"") && !shown.contains("s3cret"),
            "{shown}"
        );
        assert!(kept.unwrap().url.contains("t0ken"));
    }

    #[test]
    fn an_error_says_nothing_of_the_url() {
        let text = "cannot reach https://hooks.example/T0/s3cret?token=t0ken: /T0/s3cret at hooks.example, token=t0ken";
        let told = sealed().without_secrets(text);
        assert!(
            !told.contains("s3cret") && !told.contains("t0ken"),
            "{told}"
        );
        assert!(told.contains("hooks.example"), "{told}");
    }

    #[test]
    fn addresses_cannot_smuggle_headers() {
        for bad in [
            "a@b.example\r\nBcc: c@d.example",
            "a",
            "a@b@c",
            "a b@c.example",
            "",
        ] {
            let mut checks = Checks::default();
            let smtp = Smtp {
                host: String::new(),
                port: 0,
                tls: crate::settings::SmtpTls::None,
                sign_in: None,
                from: String::new(),
            };
            judge(
                Destination::Email {
                    to: vec![bad.to_owned()],
                },
                None,
                Some(&smtp),
                &mut checks,
            );
            assert!(checks.end().is_err(), "{bad}");
        }
    }
}
