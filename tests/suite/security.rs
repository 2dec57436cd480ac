//! `SECURITY.md` promises nothing without a test: each that it names is there.

use crate::docs::read;

/// What stands in backticks in a cell, in order.
fn ticked(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_promise_names_a_test_that_exists() {
    let text = read("SECURITY.md");
    let table = text.split("| what holds | shown by |").nth(1).unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let mut named = 0;
    for row in rows {
        let cell = row
            .trim_end_matches([' ', '|'])
            .rsplit(" | ")
            .next()
            .unwrap();
        let mut source = String::new();
        let before = named;
        for word in ticked(cell) {
            match word.ends_with(".rs") {
                true => source = read(word),
                false if source.is_empty() => {}
                false => {
                    assert!(
                        source.contains(&format!("fn {word}(")),
                        "no test `{word}`: {row}"
                    );
                    named += 1;
                }
            }
        }
        assert!(named > before, "nothing shows it: {row}");
    }
    assert!(named > 20, "{named}");
}
