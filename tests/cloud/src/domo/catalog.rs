//! The DataSets: those generated to order, and the special ones that tests need.

use serde_json::{Value, json};

use super::import::Imported;
use super::people::{self, OWNER, SOMEBODY_ELSE};
use super::table::Table;
use crate::clock::iso;
use crate::describe::DatasetSummary;
use crate::guid::{guid, mix};
use crate::server::Options;
use crate::token::Token;

/// What is special about a DataSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    /// No rows at all.
    Empty,
    /// A name with characters that SharePoint cannot hold.
    HardName,
    /// A name longer than any file's.
    LongName,
    /// A name beyond ASCII.
    UnicodeName,
    /// PDP is on: whoever is neither owner nor Admin sees the first half.
    Pdp,
    /// Owned by somebody who has no client; its owner id is a string.
    Foreign,
    /// Its metadata names no owner, as in Domo's own example.
    Ownerless,
    /// 200 with a subset and `deleted: true`.
    Deleted,
    /// 400 "Infrastructure problem (403): Access is denied".
    Inaccessible,
    /// One of two of the same name.
    Duplicate,
    /// Made through the API, for the runs of a server: it has no rows but those that are imported.
    Runs,
}

impl Kind {
    /// As the description names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Empty => "empty",
            Self::HardName => "hard-name",
            Self::LongName => "long-name",
            Self::UnicodeName => "unicode-name",
            Self::Pdp => "pdp",
            Self::Foreign => "foreign",
            Self::Ownerless => "ownerless",
            Self::Deleted => "deleted",
            Self::Inaccessible => "inaccessible",
            Self::Duplicate => "duplicate",
            Self::Runs => "runs",
        }
    }
}

/// One DataSet.
pub(crate) struct Dataset {
    pub id: String,
    pub name: String,
    pub kind: Kind,
    pub table: Table,
    /// Rows that came through the API, after those of the table.
    pub imported: Imported,
    number: u64,
    bytes: u64,
}

/// Rows and columns of the special ones.
const SPECIAL: (u64, u32) = (10, 4);

/// The columns of the one of kind `runs`.
const RUNS: [(&str, &str); 12] = [
    ("Ended", "STRING"),
    ("Run", "STRING"),
    ("Job", "STRING"),
    ("Name", "STRING"),
    ("State", "STRING"),
    ("Cause", "STRING"),
    ("Code", "STRING"),
    ("Error", "STRING"),
    ("Hint", "STRING"),
    ("File", "STRING"),
    ("Attempts", "LONG"),
    ("Bytes", "LONG"),
];

const SPECIALS: [(Kind, &str); 12] = [
    (Kind::Empty, "Empty"),
    (Kind::HardName, "Sales: Q3 / \"North\"?"),
    (Kind::LongName, ""),
    (Kind::UnicodeName, "Umsätze 東京 🚀"),
    (Kind::Pdp, "Salaries by region"),
    (Kind::Foreign, "Somebody else's numbers"),
    (Kind::Ownerless, "Ownerless"),
    (Kind::Deleted, "Deleted last week"),
    (Kind::Inaccessible, "Top secret"),
    (Kind::Duplicate, "Duplicate"),
    (Kind::Duplicate, "Duplicate"),
    (Kind::Runs, "Runs of writebacks"),
];

/// Where the numbers of the special ones start, so that `--datasets` does not change their ids.
const SPECIAL_NUMBERS: u64 = 1 << 32;

/// All DataSets: the generated ones first.
pub(crate) fn build(options: &Options) -> Vec<Dataset> {
    let seed = options.seed;
    let plain = (0..options.datasets).map(|n| {
        let name = if n == 0 {
            "Daily sales".to_owned()
        } else {
            format!("Daily sales {}", n + 1)
        };
        let table = (options.rows, options.columns.max(1));
        Dataset::new(seed, u64::from(n), Kind::Plain, name, table)
    });
    let special = SPECIALS
        .iter()
        .zip(SPECIAL_NUMBERS..)
        .map(|((kind, name), number)| {
            let name = match kind {
                Kind::LongName => "Quarter after quarter ".repeat(20).trim_end().to_owned(),
                _ => (*name).to_owned(),
            };
            let (rows, columns) = SPECIAL;
            let size = match kind {
                Kind::Empty => (0, columns),
                Kind::Runs => (0, RUNS.len() as u32),
                _ => (rows, columns),
            };
            Dataset::new(seed, number, *kind, name, size)
        });
    plain.chain(special).collect()
}

impl Dataset {
    fn new(seed: u64, number: u64, kind: Kind, name: String, size: (u64, u32)) -> Self {
        let (rows, columns) = size;
        let table = Table {
            rows,
            columns,
            seed: mix(seed ^ mix(number)),
        };
        let bytes = table.bytes(&table.block());
        Self {
            id: guid(seed, 0xd0_d0 << 40 | number),
            name,
            kind,
            table,
            imported: Imported::default(),
            number,
            bytes,
        }
    }

    pub fn summary(&self) -> DatasetSummary {
        let (id, name) = (self.id.clone(), self.name.clone());
        DatasetSummary {
            id,
            name,
            rows: self.table.rows,
            bytes: self.bytes,
            kind: self.kind.name().to_owned(),
        }
    }

    /// The user who owns it.
    pub fn owner(&self) -> u64 {
        if self.kind == Kind::Foreign {
            SOMEBODY_ELSE
        } else {
            OWNER
        }
    }

    /// Whether lists leave it out.
    pub fn hidden(&self) -> bool {
        matches!(self.kind, Kind::Deleted | Kind::Inaccessible)
    }

    /// Rows that this token's user may see.
    pub fn visible_rows(&self, token: &Token) -> u64 {
        let sees_all = token.user == Some(self.owner()) || token.has_role("Admin");
        if self.kind == Kind::Pdp && !sees_all {
            self.table.rows / 2
        } else {
            self.rows()
        }
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.table.rows + self.imported.read().rows
    }

    /// Names and types of the columns.
    pub fn columns(&self) -> Vec<(String, &'static str)> {
        if self.kind == Kind::Runs {
            return RUNS.map(|(name, kind)| (name.to_owned(), kind)).into();
        }
        let columns = 0..self.table.columns;
        columns.map(|index| self.table.column(index)).collect()
    }

    /// As `GET /v1/datasets` lists it.
    pub fn listed(&self) -> Value {
        let mut listed = json!({
            "id": self.id,
            "name": self.name,
            "description": "Made from a seed",
            "rows": self.rows(),
            "columns": self.table.columns,
            "createdAt": self.time(-86_400 * 30),
            "updatedAt": self.time(0),
            "dataCurrentAt": self.time(0),
            "pdpEnabled": self.kind == Kind::Pdp,
        });
        if self.kind != Kind::Ownerless {
            listed["owner"] = self.owner_shown();
        }
        listed
    }

    /// As `GET /v1/datasets/{id}` shows it.
    pub fn shown(&self) -> Value {
        if self.kind == Kind::Deleted {
            return json!({ "id": self.id, "name": self.name, "deleted": true });
        }
        let mut shown = self.listed();
        let columns = self.columns().into_iter();
        let columns: Vec<Value> = columns
            .map(|(name, kind)| json!({ "type": kind, "name": name }))
            .collect();
        shown["schema"] = json!({ "columns": columns });
        shown["policies"] = self.policies();
        shown
    }

    /// PDP policies. An empty list when there are none.
    pub fn policies(&self) -> Value {
        if self.kind != Kind::Pdp {
            return json!([]);
        }
        let filter =
            json!({ "column": "Region", "values": ["North"], "operator": "EQUALS", "not": false });
        json!([
            { "id": 7, "type": "open", "name": "All Rows", "filters": [], "users": [OWNER], "groups": [] },
            { "id": 8, "type": "user", "name": "Half", "filters": [filter], "users": [people::PARTICIPANT], "groups": [] },
        ])
    }

    /// Documented as a String, shown as an integer: both occur.
    fn owner_shown(&self) -> Value {
        let id = self.owner();
        let name = people::user(id).map_or("", |user| user.name);
        if self.kind == Kind::Foreign {
            json!({ "id": id.to_string(), "name": name })
        } else {
            json!({ "id": id, "name": name })
        }
    }

    /// Sortable by `lastUpdated`: the earlier in the list, the newer.
    pub fn updated(&self) -> i64 {
        1_790_000_000 - ((self.number % SPECIAL_NUMBERS) as i64) * 3600
    }

    /// With or without milliseconds, as both occur.
    fn time(&self, offset: i64) -> String {
        let text = iso(self.updated() + offset);
        if self.number.is_multiple_of(2) {
            text
        } else {
            text.replace('Z', ".000Z")
        }
    }
}
