//! A DataSet's metadata, read leniently: examples and clients disagree on types.

use super::{scalar, text, whole};
use crate::message::Reply;
use serde_json::Value;

/// A DataSet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataSet {
    /// Its GUID.
    pub id: String,
    /// Its name; may be empty.
    pub name: String,
    /// Rows, by the metadata. It may lag behind the data.
    pub rows: Option<u64>,
    /// Columns, by the metadata.
    pub columns: Option<u64>,
    /// Their names, by the metadata; `None` where it does not tell them all.
    pub names: Option<Vec<String>>,
    /// Its one owner. Co-owners are not told.
    pub owner: Option<Owner>,
    /// When it was updated.
    pub updated_at: Option<String>,
    /// When its data was.
    pub data_current_at: Option<String>,
    /// Whether personalized data permissions restrict its rows.
    pub pdp: bool,
    /// A deleted DataSet is answered 200 with this set.
    pub deleted: bool,
}

/// Who owns a DataSet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// User id: documented as text, shown as a number.
    pub id: String,
    /// Name; may be empty.
    pub name: String,
}

impl DataSet {
    /// Reads a reply; `None` where it is no DataSet.
    pub fn from_reply(reply: &Reply) -> Option<Self> {
        Self::read(&reply.json())
    }

    /// Reads a value; `None` where it is no DataSet.
    pub fn read(value: &Value) -> Option<Self> {
        let id = text(value, "id")?;
        let schema = value.pointer("/schema/columns").and_then(Value::as_array);
        let columns = value.get("columns").and_then(whole);
        Some(Self {
            id,
            name: text(value, "name").unwrap_or_default(),
            rows: value.get("rows").and_then(whole),
            columns: columns.or(schema.map(|columns| columns.len() as u64)),
            names: schema.and_then(|columns| columns.iter().map(|c| text(c, "name")).collect()),
            owner: value.get("owner").and_then(owner),
            updated_at: text(value, "updatedAt"),
            data_current_at: text(value, "dataCurrentAt"),
            pdp: flag(value, "pdpEnabled"),
            deleted: flag(value, "deleted"),
        })
    }

    /// Whether it has data of the very same time. Without a time nothing tells old data from new.
    pub fn surely_same_data(&self, other: &Self) -> bool {
        let told = self.updated_at.is_some() || self.data_current_at.is_some();
        told && self.same_data(other)
    }

    /// Whether nothing that tells of new data differs.
    pub fn same_data(&self, other: &Self) -> bool {
        let mark = |d: &Self| (d.rows, d.updated_at.clone(), d.data_current_at.clone());
        mark(self) == mark(other)
    }
}

fn owner(value: &Value) -> Option<Owner> {
    let id = match value {
        Value::Object(_) => text(value, "id")?,
        _ => scalar(value)?,
    };
    let name = text(value, "name").unwrap_or_default();
    Some(Owner { id, name })
}

fn flag(value: &Value, key: &str) -> bool {
    match value.get(key) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}
