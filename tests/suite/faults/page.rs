//! `docs/failures.md`: a row for each failure, whose last cell names the tests that show it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::docs;

/// Files of tests, with the functions that the page names of each.
fn named() -> BTreeMap<String, BTreeSet<String>> {
    let mut files = BTreeMap::<String, BTreeSet<String>>::new();
    for row in rows(&docs::read("docs/failures.md")) {
        let cell = row.trim_end_matches([' ', '|']).rsplit(" | ").next();
        let mut file = None;
        let mut before = 0;
        for word in cell.unwrap_or_default().split('`').skip(1).step_by(2) {
            match (word.ends_with(".rs"), &file) {
                (true, _) => file = Some(word.to_owned()),
                (false, Some(file)) => {
                    let tests = files.entry(file.clone()).or_default();
                    tests.insert(word.to_owned());
                    before += 1;
                }
                (false, None) => panic!("no file before `{word}`: {row}"),
            }
        }
        assert!(before > 0, "nothing shows it: {row}");
    }
    files
}

/// The rows of the tables that end in "shown by".
fn rows(text: &str) -> Vec<&str> {
    let mut inside = false;
    let mut rows = Vec::new();
    for line in text.lines() {
        if line.ends_with("| shown by |") {
            inside = true;
            continue;
        }
        inside &= line.starts_with('|');
        if inside && !line.starts_with("|--") {
            rows.push(line);
        }
    }
    rows
}

/// The tests in a file.
fn tests(source: &str) -> BTreeSet<String> {
    let mut lines = source.lines().map(str::trim);
    let mut tests = BTreeSet::new();
    while let Some(line) = lines.next() {
        if line.starts_with("#[tokio::test") || line == "#[test]" {
            let head = lines.find(|line| line.contains("fn ")).unwrap_or_default();
            let name = head.split("fn ").nth(1).unwrap_or_default();
            tests.insert(name.split('(').next().unwrap_or_default().to_owned());
        }
    }
    tests
}

#[test]
fn every_row_names_tests_that_exist() {
    let named = named();
    let count: usize = named.values().map(BTreeSet::len).sum();
    assert!(count > 80, "{count}");
    for (file, names) in named {
        let there = tests(&docs::read(&format!("tests/suite/{file}")));
        let missing: Vec<_> = names.difference(&there).collect();
        assert!(missing.is_empty(), "`{file}` has no {missing:?}");
    }
}

#[test]
fn the_figures_are_those_of_the_tables() {
    let text = docs::read("docs/failures.md");
    let named = named();
    let tests: usize = named.values().map(BTreeSet::len).sum();
    let told = format!("{} failures, shown by {tests} tests", rows(&text).len());
    assert!(
        text.contains(&told),
        "docs/failures.md does not say `{told}`"
    );
}

#[test]
fn every_fault_that_is_tested_has_a_row() {
    let named = named();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/suite/faults");
    for entry in fs::read_dir(root).expect("the folder") {
        let name = entry.expect("a file").file_name().into_string();
        let file = format!("faults/{}", name.expect("UTF-8"));
        if ["faults/page.rs", "faults/proof.rs", "faults/scene.rs"].contains(&file.as_str()) {
            continue;
        }
        let told = named.get(&file).cloned().unwrap_or_default();
        let made = tests(&docs::read(&format!("tests/suite/{file}")));
        let missing: Vec<_> = made.difference(&told).collect();
        assert!(
            missing.is_empty(),
            "docs/failures.md says nothing of {missing:?} in {file}"
        );
    }
}
