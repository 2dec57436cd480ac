//! The app registrations of the tenant, one for each way that permissions go wrong.

use serde_json::{Value, json};

/// An app registration.
pub(crate) struct App {
    pub name: &'static str,
    pub id: &'static str,
    /// The secret's value.
    pub secret: &'static str,
    /// The secret's id, which people paste instead of its value.
    pub secret_id: &'static str,
    pub object: &'static str,
    pub roles: &'static [&'static str],
    /// Sites.Selected: (site, role).
    pub grants: &'static [(&'static str, &'static str)],
    pub secret_expired: bool,
    /// The registered certificate, in PEM. An app that has one trusts the simulated issuer too.
    pub certificate: Option<&'static str>,
    /// Whether a person may sign in to it without the app proving itself.
    pub public: bool,
}

/// The tenant's id.
pub(crate) const TENANT_ID: &str = "7d3c1b6e-2f40-4c0e-9a55-1c1f3ad0be77";

/// All apps; the first is that of the ready configuration.
pub(crate) const APPS: [App; 5] = [
    App {
        name: "writer",
        id: "31f5ff1c-5f3c-4a33-8c0b-6a1f54b1e001",
        secret: "wRt8Q~simulated-writer.secret_value-0001",
        secret_id: "0e8a7d11-6f0d-4d83-9c55-2b64c0f1a001",
        object: "a21c8f60-91c4-4f0e-8b7e-7f3f1f0ce001",
        roles: &["Sites.ReadWrite.All"],
        grants: &[],
        secret_expired: false,
        certificate: Some(include_str!("keys/writer.pem")),
        public: true,
    },
    App {
        name: "sites-selected",
        id: "31f5ff1c-5f3c-4a33-8c0b-6a1f54b1e002",
        // Every character that a form must escape.
        secret: "sEl8Q~a+b&c=d%e/f g",
        secret_id: "0e8a7d11-6f0d-4d83-9c55-2b64c0f1a002",
        object: "a21c8f60-91c4-4f0e-8b7e-7f3f1f0ce002",
        roles: &["Sites.Selected"],
        grants: &[("Finance", "write"), ("Marketing", "read")],
        secret_expired: false,
        certificate: None,
        public: true,
    },
    App {
        name: "no-roles",
        id: "31f5ff1c-5f3c-4a33-8c0b-6a1f54b1e003",
        secret: "nOn8Q~simulated-no-roles.secret_value-03",
        secret_id: "0e8a7d11-6f0d-4d83-9c55-2b64c0f1a003",
        object: "a21c8f60-91c4-4f0e-8b7e-7f3f1f0ce003",
        roles: &[],
        grants: &[],
        secret_expired: false,
        certificate: None,
        public: true,
    },
    App {
        name: "read-only",
        id: "31f5ff1c-5f3c-4a33-8c0b-6a1f54b1e004",
        secret: "rEa8Q~simulated-read-only.secret_value-4",
        secret_id: "0e8a7d11-6f0d-4d83-9c55-2b64c0f1a004",
        object: "a21c8f60-91c4-4f0e-8b7e-7f3f1f0ce004",
        roles: &["Sites.Read.All"],
        grants: &[],
        secret_expired: false,
        certificate: None,
        public: false,
    },
    App {
        name: "expired-secret",
        id: "31f5ff1c-5f3c-4a33-8c0b-6a1f54b1e005",
        secret: "eXp8Q~simulated-expired.secret_value-005",
        secret_id: "0e8a7d11-6f0d-4d83-9c55-2b64c0f1a005",
        object: "a21c8f60-91c4-4f0e-8b7e-7f3f1f0ce005",
        roles: &["Sites.ReadWrite.All"],
        grants: &[],
        secret_expired: true,
        certificate: None,
        public: true,
    },
];

impl App {
    /// The app of that id.
    pub fn find(id: &str) -> Option<&'static Self> {
        const ALL: &[App] = &APPS;
        ALL.iter().find(|app| app.id == id)
    }

    /// The token's payload. `roles` is absent, not empty, when nothing is granted.
    pub fn claims(&self, audience: &str, issuer: &str, now: i64, expires: i64) -> Value {
        let mut claims = json!({
            "aud": audience, "iss": issuer, "iat": now, "nbf": now, "exp": expires, "app_displayname": self.name,
            "appid": self.id, "appidacr": "1", "idtyp": "app", "oid": self.object, "sub": self.object,
            "tid": TENANT_ID, "ver": "1.0",
        });
        if !self.roles.is_empty() {
            claims["roles"] = json!(self.roles);
        }
        claims
    }

    /// The payload of a token that acts for a person: `scp` in place of `roles`.
    pub fn claims_for_person(
        &self,
        audience: &str,
        issuer: &str,
        life: [i64; 2],
        scp: &str,
    ) -> Value {
        let [now, expires] = life;
        json!({
            "aud": audience, "iss": issuer, "iat": now, "nbf": now, "exp": expires, "app_displayname": self.name,
            "appid": self.id, "idtyp": "user", "oid": PERSON, "sub": PERSON, "upn": "ada@contoso.onmicrosoft.com",
            "name": "Ada Example", "scp": scp, "tid": TENANT_ID, "ver": "1.0",
        })
    }
}

/// The object id of the only person who ever signs in.
const PERSON: &str = "c0a8f2b4-1f4e-4f59-8d37-5e1f3ad0b001";
