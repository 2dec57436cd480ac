//! What the server reads of a job's document: the accounts it names, and the file it writes.
//!
//! Two runs at one file take turns. The file is told apart by what the document says of it, before anything is resolved; what
//! the connector resolves it to is held by the runs themselves.

use serde_json::{Value, json};

/// What tells the file of one job from those of others.
pub(crate) fn of(job: &Value) -> String {
    let at = |pointer: &str| match job.pointer(pointer) {
        Some(Value::String(text)) => Value::String(text.trim_matches('/').to_lowercase()),
        Some(other) => other.clone(),
        None => Value::Null,
    };
    let parts = [
        "/sharepoint/site",
        "/sharepoint/library",
        "/sharepoint/folder",
        "/sharepoint/filename",
    ]
    .map(at);
    json!(parts).to_string()
}

/// The accounts that a job names.
pub(crate) fn accounts(job: &Value) -> Vec<String> {
    let mut names: Vec<String> = ["/domo/account", "/sharepoint/account"]
        .iter()
        .filter_map(|pointer| Some(job.pointer(pointer)?.as_str()?.to_owned()))
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_is_one_destination_however_it_is_written() {
        let job = |site: &str, folder: &str, conflict: &str| {
            json!({
                "domo": { "account": "domo" },
                "sharepoint": { "account": "sp", "site": site, "folder": folder, "filename": { "custom": "a.csv" }, "conflict": conflict },
            })
        };
        let one = of(&job("https://a/Sites/Finance", "Reports/", "replace"));
        assert_eq!(one, of(&job("https://a/sites/finance/", "reports", "fail")));
        assert_ne!(one, of(&job("https://a/sites/finance", "other", "fail")));
        assert_eq!(accounts(&job("", "", "")), ["domo", "sp"]);
    }
}
