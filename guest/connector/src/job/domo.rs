//! The job's `[domo]`: which DataSet, and what counts as all of it.

use super::{Object, Problems};
use serde_json::Value;

/// Where the data comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomoJob {
    /// Account name.
    pub account: String,
    /// DataSet GUID, in lower case.
    pub dataset: String,
    /// What a wrong count of rows means.
    pub rows: RowsRule,
    /// What row restrictions mean.
    pub pdp: PdpRule,
    /// What a foreign owner means.
    pub owner: OwnerRule,
    /// Exports at most.
    pub export_attempts: u32,
}

/// What it means that the export has not the rows that Domo says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsRule {
    /// A failure.
    Strict,
    /// A warning.
    Warn,
}

/// What it means that the DataSet has personalized data permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PdpRule {
    /// A warning.
    Warn,
    /// A failure.
    Refuse,
    /// Nothing.
    Allow,
}

/// What it means that the client's user does not own the DataSet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerRule {
    /// A warning.
    Warn,
    /// A failure.
    Enforce,
    /// Nothing.
    Off,
}

pub(super) fn read(value: &Value, problems: &mut Problems) -> Option<DomoJob> {
    let known = [
        "account",
        "dataset",
        "rows",
        "pdp",
        "owner",
        "export_attempts",
    ];
    let table = Object::open(value, "domo", &known, problems)?;
    let account = table.required_text("account", problems);
    let dataset = table.required_text("dataset", problems).and_then(|text| {
        dataset_id(&text).or_else(|| {
            let text = "must be a DataSet's GUID or its URL, such as `https://mycompany.domo.com/datasources/845305d8-da3d-4107-a9d6-13ef3f86d4a4/details/overview`";
            problems.add(table.path("dataset"), text);
            None
        })
    });
    let rows = [("strict", RowsRule::Strict), ("warn", RowsRule::Warn)];
    let pdp = [
        ("warn", PdpRule::Warn),
        ("refuse", PdpRule::Refuse),
        ("allow", PdpRule::Allow),
    ];
    let owner = [
        ("warn", OwnerRule::Warn),
        ("enforce", OwnerRule::Enforce),
        ("off", OwnerRule::Off),
    ];
    let rows = table
        .choice("rows", &rows, problems)
        .unwrap_or(RowsRule::Strict);
    let pdp = table.choice("pdp", &pdp, problems).unwrap_or(PdpRule::Warn);
    let owner = table
        .choice("owner", &owner, problems)
        .unwrap_or(OwnerRule::Warn);
    let exports = table
        .whole("export_attempts", 1..=10, problems)
        .unwrap_or(3);
    Some(DomoJob {
        account: account?,
        dataset: dataset?,
        rows,
        pdp,
        owner,
        export_attempts: u32::try_from(exports).unwrap_or(3),
    })
}

/// The GUID in a text that is one, or in a DataSet's URL after `datasources/`.
fn dataset_id(text: &str) -> Option<String> {
    let text = text.trim();
    if is_guid(text) {
        return Some(text.to_ascii_lowercase());
    }
    let (_, rest) = text.split_once("://")?;
    let path = rest.split(['?', '#']).next()?;
    let mut names = path
        .split('/')
        .skip_while(|name| !name.eq_ignore_ascii_case("datasources"));
    let id = names.nth(1)?;
    is_guid(id).then(|| id.to_ascii_lowercase())
}

/// Eight, four, four, four and twelve hexadecimal digits.
pub(super) fn is_guid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    let hex = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.iter().map(|part| part.len()).eq(lengths) && parts.iter().all(hex)
}
