//! A new account on its way into the configuration: what was typed, then what was asked for, then a table.

use std::path::Path;

use toml_edit::{Array, InlineTable, Table, value};
use zeroize::Zeroizing;

use super::ask::Person;
use super::secrets::{self, Held};
use crate::cli::{AccountAdd, AccountKind};
use crate::error::Error;

/// An account that may lack something.
pub struct Draft {
    name: String,
    kind: Option<String>,
    client_id: Option<String>,
    tenant: Option<String>,
    cloud: Option<String>,
    hosts: Vec<String>,
    sign_in: Option<String>,
    federated_token: Option<String>,
    instance: Option<String>,
    secrets: Vec<(&'static str, Held)>,
}

impl Draft {
    /// What was typed, for the configuration at `config`.
    pub fn of(typed: &AccountAdd, config: &Path) -> Result<Self, Error> {
        let token = typed.federated_token.as_deref().map(Path::to_string_lossy);
        Ok(Self {
            name: typed.name.clone(),
            kind: typed.kind.map(|kind| match kind {
                AccountKind::Domo => "domo".to_owned(),
                AccountKind::Entra => "entra".to_owned(),
            }),
            client_id: typed.client_id.clone(),
            tenant: typed.tenant.clone(),
            cloud: typed.cloud.clone(),
            hosts: typed.hosts.clone(),
            sign_in: typed.sign_in.clone(),
            federated_token: token
                .map(|path| secrets::from_config(&path, config))
                .transpose()?,
            instance: typed.instance.clone(),
            secrets: secrets::given(&typed.secrets, config)?,
        })
    }

    /// Asks for what is missing.
    pub fn complete(&mut self, person: &Person) -> Result<(), Error> {
        let ask = |field: &mut Option<String>, question| match field {
            Some(_) => Ok(()),
            None => person.answer(question).map(|answer| *field = answer),
        };
        ask(&mut self.kind, "kind: domo or entra")?;
        let entra = self.kind.as_deref() == Some("entra");
        if entra {
            ask(
                &mut self.tenant,
                "tenant: the directory's id or domain name",
            )?;
            ask(
                &mut self.client_id,
                "client_id: the Application (client) ID",
            )?;
            if self.hosts.is_empty() {
                let host = person.answer("host: such as contoso.sharepoint.com")?;
                self.hosts.extend(host);
            }
        } else {
            ask(&mut self.client_id, "client_id: the API client's id")?;
        }
        for key in self.wanted(entra) {
            let typed = secrets::asked(person, key)?;
            self.secrets.push((key, Held::Here(typed)));
        }
        Ok(())
    }

    /// Secrets without which the account cannot sign in.
    fn wanted(&self, entra: bool) -> Vec<&'static str> {
        let has = |key: &str| self.secrets.iter().any(|(given, _)| *given == key);
        let user = self.sign_in.as_deref() == Some("user");
        let proven = has("client_secret") || has("certificate") || self.federated_token.is_some();
        let wanted = [
            ("client_secret", !(proven || entra && user)),
            (
                "developer_token",
                self.instance.is_some() && !has("developer_token"),
            ),
        ];
        let wanted = wanted.into_iter().filter(|(_, wanted)| *wanted);
        wanted.map(|(key, _)| key).collect()
    }

    /// Whether something of it goes into the vault.
    pub fn needs_vault(&self) -> bool {
        let mut held = self.secrets.iter();
        held.any(|(_, held)| matches!(held, Held::Here(_)))
    }

    /// The account's table.
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        let texts = [
            ("kind", &self.kind),
            ("tenant", &self.tenant),
            ("client_id", &self.client_id),
            ("sign_in", &self.sign_in),
            ("instance", &self.instance),
        ];
        add(&mut table, texts);
        for (key, held) in &self.secrets {
            let source = match held {
                Held::At(source) => source.clone(),
                Held::Here(_) => InlineTable::from_iter([("vault", self.entry(key))]),
            };
            table.insert(key, value(source));
        }
        let texts = [
            ("federated_token", &self.federated_token),
            ("cloud", &self.cloud),
        ];
        add(&mut table, texts);
        if !self.hosts.is_empty() {
            table.insert("hosts", value(self.hosts.iter().collect::<Array>()));
        }
        table
    }

    /// What goes into the vault, by the names that it has there.
    pub fn into_values(self) -> Vec<(String, Zeroizing<Vec<u8>>)> {
        let name = self.name;
        let values = self
            .secrets
            .into_iter()
            .filter_map(|(key, held)| match held {
                Held::Here(bytes) => Some((format!("{name}.{key}"), bytes)),
                Held::At(_) => None,
            });
        values.collect()
    }

    fn entry(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }
}

fn add<const N: usize>(table: &mut Table, texts: [(&str, &Option<String>); N]) {
    for (key, text) in texts {
        if let Some(text) = text {
            table.insert(key, value(text));
        }
    }
}
