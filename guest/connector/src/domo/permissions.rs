//! Who may do what with a DataSet, by the API of the company's own Domo.

use super::{json_get, scalar, text};
use crate::message::{Reply, Request};
use serde_json::Value;

/// A user or a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its id.
    pub id: String,
    /// Its name; may be empty.
    pub name: String,
}

/// Those who own a DataSet, alone or with others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// People.
    pub users: Vec<Party>,
    /// Groups, whose members are owners.
    pub groups: Vec<Party>,
}

/// Reads who may do what. `instance` is the account's service of that name.
pub fn permissions(instance: &str, id: &str) -> Request {
    json_get(format!("{instance}/{id}/permissions"))
}

/// Reads a user, groups among the rest.
pub fn user(base: &str, id: &str) -> Request {
    json_get(format!("{base}/v1/users/{id}"))
}

/// Those who own, of all who may do something. `None` where the reply is no such list.
pub fn read_owners(reply: &Reply) -> Option<Owners> {
    let body = reply.json();
    let mut owners = Owners::default();
    for grant in body.get("list")?.as_array()? {
        let level = text(grant, "accessLevel").unwrap_or_default();
        if !matches!(level.as_str(), "OWNER" | "CO_OWNER") {
            continue;
        }
        let group = text(grant, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("group"));
        match group {
            true => owners.groups.extend(party(grant)),
            false => owners.users.extend(party(grant)),
        }
    }
    Some(owners)
}

/// Ids of a user's groups. `None` where the reply does not tell.
pub fn read_groups(reply: &Reply) -> Option<Vec<String>> {
    let body = reply.json();
    let groups = body.get("groups")?.as_array()?.iter();
    Some(
        groups
            .filter_map(|group| text(group, "id").or_else(|| scalar(group)))
            .collect(),
    )
}

fn party(grant: &Value) -> Option<Party> {
    Some(Party {
        id: text(grant, "id")?,
        name: text(grant, "name").unwrap_or_default(),
    })
}
