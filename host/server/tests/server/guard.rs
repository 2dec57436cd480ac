//! Values reach the database as parameters only: no statement is put together, but where it is listed here why that is safe.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines that put a statement together of constant texts.
const ALLOWED: [(&str, &str); 1] = [(
    "store/runs.rs",
    r#"let statement = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM runs {condition}"));"#,
)];

/// What gets a text past sqlx, which takes constants only. `use` of one of them would hide it.
const PASSES: [&str; 5] = [
    "AssertSqlSafe",
    "raw_sql",
    "QueryBuilder",
    "SqlSafeStr",
    "SqlStr",
];
/// How statements begin, as far as a text that is put together may be one.
const WORDS: [&str; 7] = [
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "DELETE ",
    " WHERE ",
    " ORDER BY ",
    "CREATE ",
];

#[test]
fn statements_are_constants() {
    let mut found = Vec::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&file).expect("a source");
        let name = file.to_string_lossy().into_owned();
        let (_, name) = name.split_once("/src/").expect("it is a source");
        found.extend(
            suspicious(&text)
                .into_iter()
                .map(|line| (name.to_owned(), line)),
        );
    }
    let allowed = ALLOWED.map(|(file, line)| (file.to_owned(), line.to_owned()));
    assert_eq!(found, allowed, "found, and what is allowed");
}

#[test]
fn what_puts_a_statement_together_is_found() {
    let lines = [
        r#"sqlx::query(AssertSqlSafe(text))"#,
        r#"let s = format!("SELECT * FROM jobs {rest}");"#,
        "let s = format!(\n    \"DELETE FROM {table}\"\n);",
        r#"text.push_str(" WHERE tenant = '");"#,
        "use sqlx::QueryBuilder;",
    ];
    for line in lines {
        assert_eq!(suspicious(line).len(), 1, "{line}");
    }
    assert!(suspicious(r#"sqlx::query("SELECT 1 WHERE a = $1")"#).is_empty());
    assert!(suspicious(r#"format!("it was not selected from {list}")"#).is_empty());
}

/// Lines that may put a statement together.
fn suspicious(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    // What a macro or a push begins, up to its end: a text may be on the next line.
    let mut open = false;
    for line in text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"))
    {
        let builds = [
            "format!(",
            "push_str(",
            "write!(",
            "concat!(",
            ".join(",
            "+ \"",
        ];
        if builds.iter().any(|begin| line.contains(begin)) {
            open = true;
        }
        let is_built = open && WORDS.iter().any(|word| line.contains(word));
        if is_built || PASSES.iter().any(|pass| line.contains(pass)) {
            lines.push(line.to_owned());
        }
        open &= !line.ends_with(';');
    }
    lines
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => files.extend(sources(&path)),
            false if path.extension().is_some_and(|kind| kind == "rs") => files.push(path),
            false => {}
        }
    }
    files.sort();
    files
}
