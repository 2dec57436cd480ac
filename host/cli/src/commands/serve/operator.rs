//! The operator's file: what all tenants may reach and use, and the mail server.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};
use writeback_host::config::{Config, Problems, parse};
use writeback_policy::toml_text;
use writeback_server::settings::{Smtp, SmtpTls};
use zeroize::Zeroizing;

use crate::error::Error;

/// What the operator decided.
#[derive(Debug)]
pub struct Operator {
    /// Egress and limits.
    pub config: Config,
    /// The mail server.
    pub smtp: Option<Smtp>,
    /// Whether tenants may say where Domo and Microsoft are: for simulated clouds.
    pub allow_endpoints: bool,
}

impl Default for Operator {
    /// That of an empty file.
    fn default() -> Self {
        let mut document = json!({});
        roomy(&mut document);
        Self {
            config: parse(&document, Path::new("")).unwrap_or_default(),
            smtp: None,
            allow_endpoints: false,
        }
    }
}

/// The part of the file that is not of `writeback.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Own {
    smtp: Option<SmtpTable>,
    allow_endpoints: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SmtpTable {
    host: String,
    port: Option<u16>,
    #[serde(default)]
    tls: TlsWord,
    username: Option<String>,
    password: Option<Source>,
    from: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TlsWord {
    #[default]
    StartTls,
    Tls,
    None,
}

/// Where the password is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    File(std::path::PathBuf),
    Env(String),
}

/// Keys of the file that are the server's own.
const OWN: [&str; 2] = ["smtp", "allow_endpoints"];
/// Keys of `writeback.toml` that are the tenants' or the server's.
const NOT_HERE: [&str; 3] = ["accounts", "state", "vault"];

impl Operator {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|cause| {
            Error::configuration("settings-unreadable", format!("cannot read `{name}`"))
                .because(&cause)
        })?;
        Self::read(&text, path)
    }

    fn read(text: &str, path: &Path) -> Result<Self, Error> {
        let name = path.display();
        let invalid = |what: String| {
            Error::configuration("settings-invalid", format!("`{name}`: {what}"))
                .hint("docs/serve.md shows the file: `[egress]`, `[limits]`, `[smtp]`")
        };
        let table = toml_text::parse(text).map_err(&invalid)?;
        let mut document = toml_text::to_json(&table).map_err(&invalid)?;
        let mut own = serde_json::Map::new();
        if let Some(members) = document.as_object_mut() {
            if let Some(key) = NOT_HERE.iter().find(|key| members.contains_key(**key)) {
                return Err(invalid(format!(
                    "`{key}` is not the operator's: tenants have their own, in the database"
                )));
            }
            for key in OWN {
                if let Some(value) = members.remove(key) {
                    own.insert(key.to_owned(), value);
                }
            }
        }
        roomy(&mut document);
        let folder = path.parent().unwrap_or(Path::new(""));
        let config =
            parse(&document, folder).map_err(|problems: Problems| invalid(problems.to_string()))?;
        let own: Own = serde_json::from_value(Value::Object(own))
            .map_err(|cause| invalid(cause.to_string()))?;
        Ok(Self {
            config,
            smtp: own.smtp.map(|table| table.smtp(folder)).transpose()?,
            allow_endpoints: own.allow_endpoints,
        })
    }
}

/// What the runs of a tenant may use together is bounded by its concurrency here, and by each run's limits: where the operator
/// is silent, the limits for all of a tenant's runs, which are meant for one program, do not stand in the way.
fn roomy(document: &mut Value) {
    let Some(tenant) = document
        .as_object_mut()
        .map(|members| members.entry("limits").or_insert_with(|| json!({})))
        .and_then(Value::as_object_mut)
        .map(|limits| limits.entry("tenant").or_insert_with(|| json!({})))
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    for (key, value) in [
        ("runs", 10_000_u64),
        ("memory", 1 << 40),
        ("connections", 100_000),
        ("handles", 10_000_000),
    ] {
        tenant.entry(key).or_insert_with(|| value.into());
    }
}

impl SmtpTable {
    fn smtp(self, folder: &Path) -> Result<Smtp, Error> {
        let sign_in = match (self.username, self.password) {
            (Some(username), Some(password)) => Some((username, password.read(folder)?)),
            (None, None) => None,
            _ => {
                return Err(Error::configuration(
                    "settings-invalid",
                    "`smtp.username` and `smtp.password` come together, or neither does",
                ));
            }
        };
        let tls = match self.tls {
            TlsWord::StartTls => SmtpTls::StartTls,
            TlsWord::Tls => SmtpTls::Tls,
            TlsWord::None => SmtpTls::None,
        };
        let port = self.port.unwrap_or(match self.tls {
            TlsWord::StartTls => 587,
            TlsWord::Tls => 465,
            TlsWord::None => 25,
        });
        Ok(Smtp {
            host: self.host,
            port,
            tls,
            sign_in,
            from: self.from,
        })
    }
}

impl Source {
    fn read(&self, folder: &Path) -> Result<Zeroizing<String>, Error> {
        let text = match self {
            Self::File(path) => std::fs::read_to_string(folder.join(path)).map_err(|cause| {
                let text = format!("cannot read `smtp.password` in `{}`", path.display());
                Error::configuration("settings-invalid", text).because(&cause)
            })?,
            Self::Env(name) => std::env::var(name).map_err(|_| {
                Error::configuration(
                    "settings-invalid",
                    format!("the variable `{name}` of `smtp.password` is not set"),
                )
            })?,
        };
        let text = Zeroizing::new(text);
        Ok(Zeroizing::new(
            text.trim_end_matches(['\r', '\n']).to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Operator, Error> {
        Operator::read(text, Path::new("server.toml"))
    }

    #[test]
    fn egress_and_limits_are_those_of_a_configuration() {
        let operator = read("allow_endpoints = true\n[egress]\nallow = [\"https://a.example\"]\n[limits]\nrequests = 7\n").unwrap();
        assert_eq!(operator.config.egress.allow, ["https://a.example"]);
        assert_eq!(operator.config.limits.requests, 7);
        assert!(operator.allow_endpoints);
    }

    #[test]
    fn accounts_are_not_the_operators() {
        let error = read("[accounts.domo]\nkind = \"domo\"\n").unwrap_err();
        assert_eq!(error.code, "settings-invalid");
        assert!(error.message.contains("`accounts`"), "{}", error.message);
    }

    #[test]
    fn a_mail_server_has_its_usual_port_and_a_password_that_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("smtp"), "s3cret\n").unwrap();
        let text = "[smtp]\nhost = \"mail\"\ntls = \"tls\"\nusername = \"u\"\npassword = { file = \"smtp\" }\nfrom = \"a@b.example\"\n";
        let operator = Operator::read(text, &folder.path().join("server.toml")).unwrap();
        let smtp = operator.smtp.as_ref().unwrap();
        assert_eq!(
            (smtp.port, smtp.sign_in.as_ref().unwrap().1.as_str()),
            (465, "s3cret")
        );
        assert!(!format!("{operator:?}").contains("s3cret"));
        assert!(read("[smtp]\nhost = \"m\"\nfrom = \"a\"\nport = 99999\n").is_err());
    }
}
