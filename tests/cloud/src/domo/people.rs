//! Domo's users and API clients. Whoever created a client is who its tokens act for.

use serde_json::{Value, json};

/// A user of the company.
pub(crate) struct User {
    pub id: u64,
    pub name: &'static str,
    pub email: &'static str,
    pub role: &'static str,
}

/// Owns the generated DataSets.
pub(crate) const OWNER: u64 = 964_382_593;
/// Owns the DataSet of kind `foreign`, and no client.
pub(crate) const SOMEBODY_ELSE: u64 = 27_733_811;
/// Owns nothing.
pub(crate) const PARTICIPANT: u64 = 1_893_952_720;
/// The group that everyone is in but the participant.
pub(crate) const FINANCE: (u64, &str) = (87_706_026, "Finance");

/// All users.
pub(crate) const USERS: [User; 4] = [
    User {
        id: OWNER,
        name: "Ada Owner",
        email: "ada@example.com",
        role: "Privileged",
    },
    User {
        id: 1_146_022_111,
        name: "Ben Admin",
        email: "ben@example.com",
        role: "Admin",
    },
    User {
        id: PARTICIPANT,
        name: "Cleo Participant",
        email: "cleo@example.com",
        role: "Participant",
    },
    User {
        id: SOMEBODY_ELSE,
        name: "Dana Else",
        email: "dana@example.com",
        role: "Editor",
    },
];

/// An API client.
pub(crate) struct Client {
    pub name: &'static str,
    pub id: &'static str,
    pub secret: &'static str,
    pub user: u64,
    pub scopes: &'static [&'static str],
}

/// All clients; the first is that of the ready configuration.
pub(crate) const CLIENTS: [Client; 4] = [
    Client {
        name: "owner",
        id: "4c1f2a90-8e1d-4f5b-9a65-0c7a51e0f001",
        secret: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a01",
        user: OWNER,
        scopes: &["data", "user"],
    },
    Client {
        name: "admin",
        id: "4c1f2a90-8e1d-4f5b-9a65-0c7a51e0f002",
        secret: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
        user: 1_146_022_111,
        scopes: &["account", "audit", "dashboard", "data", "user"],
    },
    Client {
        name: "participant",
        id: "4c1f2a90-8e1d-4f5b-9a65-0c7a51e0f003",
        secret: "fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13",
        user: PARTICIPANT,
        scopes: &["data", "user"],
    },
    Client {
        name: "data-only",
        id: "4c1f2a90-8e1d-4f5b-9a65-0c7a51e0f004",
        secret: "a4e624d686e03ed2767c0abd85c14426b0b1157d2ce81d27bb4fe4f6f01d688a",
        user: OWNER,
        scopes: &["data"],
    },
];

/// The user of that id.
pub(crate) fn user(id: u64) -> Option<&'static User> {
    USERS.iter().find(|user| user.id == id)
}

impl User {
    /// As `GET /v1/users` lists it.
    pub fn listed(&self) -> Value {
        json!({ "id": self.id, "title": "Analyst", "email": self.email, "role": self.role, "phone": null, "name": self.name })
    }

    /// As `GET /v1/users/{id}` shows it.
    pub fn shown(&self) -> Value {
        let mut shown = self.listed();
        shown["roleId"] = json!(1);
        let (id, name) = FINANCE;
        shown["groups"] = match self.id {
            PARTICIPANT => json!([]),
            _ => json!([{ "id": id, "name": name }]),
        };
        shown["deleted"] = json!(false);
        shown
    }
}
