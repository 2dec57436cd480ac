//! A database of one test: a folder for SQLite, or one in the tests' PostgreSQL. And all that is in it, as text.

use std::collections::BTreeMap;

use sqlx::any::AnyRow;
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};
use tempfile::TempDir;
use writeback_server::db::{Address, Db, Kind};

use super::postgres::Postgres;

/// The database.
pub struct Database {
    /// Where it is.
    pub address: Address,
    /// SQLite's files, gone with this.
    _folder: TempDir,
    name: Option<String>,
}

impl Database {
    /// An empty one.
    pub async fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (address, name) = match kind {
            Kind::Sqlite => (Address::Folder(folder.path().to_owned()), None),
            Kind::Postgres => {
                let name = Postgres::shared().create().await;
                let url = Postgres::shared().url(&name);
                (Address::Postgres(url), Some(name))
            }
        };
        Self {
            address,
            _folder: folder,
            name,
        }
    }

    /// The folder of the PostgreSQL that it is in.
    pub fn cluster(&self) -> Option<&'static std::path::Path> {
        self.name.as_ref().map(|_| Postgres::shared().folder())
    }

    /// Removes it: after all that used it, as the last thing of a test.
    pub async fn remove(self) {
        if let Some(name) = &self.name {
            Postgres::shared().remove(name).await;
        }
    }
}

/// What is in each table: a text for each row, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump(pub BTreeMap<String, Vec<String>>);

impl Dump {
    /// Reads everything that the server itself keeps.
    pub async fn of(db: &Db) -> Self {
        let mut tables = BTreeMap::new();
        for table in tables_of(db).await {
            let statement = sqlx::AssertSqlSafe(format!("SELECT * FROM {table}"));
            let rows = sqlx::query(statement).fetch_all(db.pool()).await;
            let rows = rows.unwrap_or_else(|error| panic!("`{table}`: {error}"));
            let mut rows: Vec<String> = rows.iter().map(text).collect();
            rows.sort();
            tables.insert(table, rows);
        }
        Self(tables)
    }

    /// The rows of a table.
    pub fn rows(&self, table: &str) -> &[String] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }

    /// Without what a worker that lives writes now and then.
    pub fn without_pulse(&self) -> Self {
        let mut tables = self.0.clone();
        tables.remove("workers");
        Self(tables)
    }

    /// All rows as one text, to look for something in it.
    pub fn text(&self) -> String {
        self.0
            .values()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    }
}

async fn tables_of(db: &Db) -> Vec<String> {
    let statement = match db.kind() {
        Kind::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        }
        Kind::Postgres => {
            "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables WHERE table_schema = 'public'"
        }
    };
    let rows = sqlx::query(statement).fetch_all(db.pool()).await;
    let names = rows.expect("a database lists its tables");
    let names = names.iter().map(|row| row.get::<String, _>("name"));
    names.filter(|name| !name.starts_with('_')).collect()
}

fn text(row: &AnyRow) -> String {
    let values = (0..row.len()).map(|column| {
        let value = row.try_get_raw(column).expect("a column");
        if value.is_null() {
            return "NULL".to_owned();
        }
        match value.type_info().name() {
            "BIGINT" | "INTEGER" => row.get::<i64, _>(column).to_string(),
            _ => row.get::<String, _>(column),
        }
    });
    values.collect::<Vec<_>>().join(" | ")
}
