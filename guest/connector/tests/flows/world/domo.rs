//! A Domo of a few DataSets.

use super::{Answer, DATASET, State};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use writeback_connector::message::{Method, Request};

/// What the account's service `instance` leads to.
pub const INSTANCE: &str = "https://acme.domo.com/api/data/v3/datasources";

pub struct Domo {
    /// Metadata by id.
    pub metadata: BTreeMap<String, Value>,
    /// CSV by id.
    pub csv: BTreeMap<String, Vec<u8>>,
    /// What a count answers; where absent, the metadata's rows.
    pub count: Option<u64>,
    pub token_expired: bool,
    /// Who may do what, as the company's own Domo lists it; where absent, the account does not reach that.
    pub permissions: Option<Value>,
    /// The groups of every user; where absent, the client may not see users.
    pub groups: Option<Value>,
}

impl Domo {
    pub fn new() -> Self {
        let mut domo = Self {
            metadata: BTreeMap::new(),
            csv: BTreeMap::new(),
            count: None,
            token_expired: false,
            permissions: None,
            groups: None,
        };
        domo.put(
            DATASET,
            b"id,name\n1,Qui-Gon\n2,\"Kenobi, Obi-Wan\"\n3,\n",
            3,
        );
        domo
    }

    pub fn put(&mut self, id: &str, csv: &[u8], rows: u64) {
        let metadata = json!({
            "id": id,
            "name": "Sales: 2026/01",
            "rows": rows,
            "columns": 2,
            "owner": { "id": 27, "name": "Obi-Wan" },
            "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": "2026-01-01T00:00:00Z",
            "dataCurrentAt": "2026-01-01T00:00:00.123Z",
            "pdpEnabled": false,
        });
        self.metadata.insert(id.to_owned(), metadata);
        self.csv.insert(id.to_owned(), csv.to_vec());
    }

    /// Changes a value of the DataSet's metadata.
    pub fn set(&mut self, key: &str, value: Value) {
        self.metadata.get_mut(DATASET).unwrap()[key] = value;
    }
}

pub fn serve(state: &mut State, request: &Request, auth: Option<&str>) -> Answer {
    let url = request.url.strip_prefix("https://api.domo.com").unwrap();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    if auth != Some("domo") || state.domo.token_expired {
        return refused(401, "Unauthorized", "Full authentication is required");
    }
    let names: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (request.method, names.as_slice()) {
        (Method::Get, ["v1", "datasets"]) => page(state, query),
        (Method::Get, ["v1", "datasets", id]) => match state.domo.metadata.get(*id) {
            Some(metadata) => Answer::json(200, metadata.clone()),
            None => refused(404, "Not Found", "Not found"),
        },
        (Method::Get, ["v1", "datasets", id, "data"]) => {
            assert!(
                query.contains("includeHeader=true"),
                "a header record is asked for"
            );
            Answer {
                status: 200,
                headers: vec![(
                    "content-type".to_owned(),
                    "text/csv;charset=utf-8".to_owned(),
                )],
                body: state.domo.csv[*id].clone(),
            }
        }
        (Method::Get, ["v1", "users", id]) => match &state.domo.groups {
            Some(groups) => Answer::json(200, json!({ "id": id, "groups": groups })),
            None => refused(403, "Forbidden", "Insufficient scope: user is required"),
        },
        (Method::Post, ["v1", "datasets", "query", "execute", id]) => {
            let rows = state.domo.metadata[*id]["rows"].clone();
            let count = state.domo.count.map_or(rows, |count| json!(count));
            Answer::json(
                200,
                json!({ "rows": [[count]], "numRows": 1, "numColumns": 1 }),
            )
        }
        other => panic!("Domo has no {other:?}"),
    }
}

/// The company's own Domo.
pub fn instance(state: &State, request: &Request, auth: Option<&str>) -> Answer {
    assert_eq!(auth, Some("domo"));
    assert_eq!(request.url, format!("{INSTANCE}/{DATASET}/permissions"));
    match &state.domo.permissions {
        Some(list) => Answer::json(200, json!({ "list": list })),
        None => panic!("it is not reached"),
    }
}

fn page(state: &State, query: &str) -> Answer {
    let value = |key: &str| {
        let found = query
            .split('&')
            .find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        found.map(str::to_owned)
    };
    let limit: usize = value("limit").unwrap().parse().unwrap();
    assert!(limit <= 50, "Domo gives 50 a page at most");
    let offset: usize = value("offset").unwrap().parse().unwrap();
    let wanted = value("nameLike").unwrap_or_default().to_lowercase();
    let named = |m: &&Value| m["name"].as_str().unwrap().to_lowercase().contains(&wanted);
    let all = state.domo.metadata.values().filter(named);
    Answer::json(200, all.skip(offset).take(limit).cloned().collect())
}

fn refused(status: u16, reason: &str, message: &str) -> Answer {
    let body = json!({
        "status": status,
        "statusReason": reason,
        "message": message,
        "toe": "CA6JIHTO46-28C5D-UEQ7I",
    });
    Answer::json(status, body)
}
