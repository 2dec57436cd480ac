//! `docs/attacks.md`: a row for each attack, whose last cell quotes how it ends. A `…` stands for anything.

use std::collections::{BTreeMap, BTreeSet};

use crate::docs;

/// What the page foretells: the text that each attack ends with.
pub struct Page(BTreeMap<String, String>);

impl Page {
    /// The page as it is.
    pub fn read() -> Self {
        let text = docs::read("docs/attacks.md");
        let rows = text.lines().filter_map(row);
        Self(rows.collect())
    }

    /// The attacks that it lists.
    pub fn names(&self) -> BTreeSet<String> {
        self.0.keys().cloned().collect()
    }

    /// Whether the attack ends as the page says.
    pub fn foretells(&self, name: &str, ended: &str) -> bool {
        self.0.get(name).is_some_and(|told| matches(told, ended))
    }
}

/// Name and quoted end of a row: "| `name` | what it does | ``how it ends`` |".
fn row(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.strip_prefix("| `")?.split_once('`')?;
    let (_, quoted) = rest.split_once("`` ")?;
    let (ends, _) = quoted.rsplit_once(" ``")?;
    Some((name.to_owned(), ends.to_owned()))
}

fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        last = Some(part);
    }
    rest.is_empty() || last.is_some_and(|part| text.ends_with(part))
}

#[test]
fn a_row_is_a_name_and_an_end() {
    let line = "| `a-b` | does `x` | `` denied: `y` … z `` |";
    assert_eq!(row(line), Some(("a-b".into(), "denied: `y` … z".into())));
    assert_eq!(row("| attack | does | ends |"), None);
}

#[test]
fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
    assert!(matches("a … c", "a b c") && matches("a…", "abc") && matches("a", "a"));
    assert!(matches("…:…/x", "1:2/x") && matches("a…c", "acc"));
    assert!(!matches("a", "ab") && !matches("a…c", "abd") && !matches("b…", "ab"));
}
