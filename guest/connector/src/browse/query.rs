//! What is to be listed, parsed once like a job.

use crate::error::{Code, Failure};
use crate::job::{Object, Problems, SiteChoice, document, library, path, site};
use serde_json::Value;

/// Items at most, where the query does not say.
const LIMIT: u64 = 100;
const LIMIT_MOST: u64 = 10_000;

/// What is to be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// DataSets that the client sees.
    DataSets(Wanted),
    /// Sites that the application sees.
    Sites(Wanted),
    /// The document libraries of a site.
    Libraries {
        /// Account name.
        account: String,
        /// Which site.
        site: SiteChoice,
    },
    /// The folders of a folder.
    Folders(Parent),
    /// What the account of this name is good for.
    Account(String),
}

/// A list that may be searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Account name.
    pub account: String,
    /// Text to find; all where absent.
    pub search: Option<String>,
    /// Items at most.
    pub limit: usize,
}

/// The folder whose folders are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Account name.
    pub account: String,
    /// Which site.
    pub site: SiteChoice,
    /// Which library.
    pub library: Option<String>,
    /// Names from the root down.
    pub folder: Vec<String>,
}

const KINDS: [(&str, Kind); 5] = [
    ("datasets", Kind::DataSets),
    ("sites", Kind::Sites),
    ("libraries", Kind::Libraries),
    ("folders", Kind::Folders),
    ("account", Kind::Account),
];

#[derive(Clone, Copy)]
enum Kind {
    DataSets,
    Sites,
    Libraries,
    Folders,
    Account,
}

impl Query {
    /// Reads a query.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut problems = Problems::default();
        let value = document(text, &mut problems);
        let query = value.and_then(|value| read(&value, &mut problems));
        problems.settle(query, Code::QueryInvalid, "the query")
    }

    /// The word for what is listed.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::DataSets(_) => "datasets",
            Self::Sites(_) => "sites",
            Self::Libraries { .. } => "libraries",
            Self::Folders(_) => "folders",
            Self::Account(_) => "account",
        }
    }
}

fn read(value: &Value, problems: &mut Problems) -> Option<Query> {
    let kind = value
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let known: &[&str] = match kind {
        "datasets" | "sites" => &["kind", "account", "search", "limit"],
        "libraries" => &["kind", "account", "site"],
        "folders" => &["kind", "account", "site", "library", "folder"],
        "account" => &["kind", "account"],
        _ => &[
            "kind", "account", "search", "limit", "site", "library", "folder",
        ],
    };
    let table = Object::open(value, "", known, problems)?;
    table.required("kind", problems);
    let kind = table.choice("kind", &KINDS, problems);
    let account = table.required_text("account", problems);
    match kind? {
        Kind::DataSets => wanted(&table, account, problems).map(Query::DataSets),
        Kind::Sites => wanted(&table, account, problems).map(Query::Sites),
        Kind::Account => account.map(Query::Account),
        Kind::Libraries => {
            let site = of_site(&table, problems)?;
            Some(Query::Libraries {
                account: account?,
                site,
            })
        }
        Kind::Folders => {
            let site = of_site(&table, problems);
            let library = library(&table, problems);
            let folder = path(&table, problems);
            Some(Query::Folders(Parent {
                account: account?,
                site: site?,
                library,
                folder: folder?,
            }))
        }
    }
}

fn wanted(table: &Object<'_>, account: Option<String>, problems: &mut Problems) -> Option<Wanted> {
    let search = table.text("search", problems);
    let limit = table
        .whole("limit", 1..=LIMIT_MOST, problems)
        .unwrap_or(LIMIT);
    Some(Wanted {
        account: account?,
        search: search.filter(|text| !text.trim().is_empty()),
        limit: usize::try_from(limit).ok()?,
    })
}

fn of_site(table: &Object<'_>, problems: &mut Problems) -> Option<SiteChoice> {
    let value = table.required("site", problems)?;
    site(value, "site", problems)
}
