//! docs/cli-server.md says what there is: every verb, every code.

use std::path::Path;

use crate::world::said;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The verbs that the help of these words lists.
async fn verbs(words: &[&str]) -> Vec<String> {
    let server = ["--server", "http://127.0.0.1:9"];
    let help = said(&[&server[..], words, &["--help"]].concat(), &[])
        .await
        .good()
        .out;
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names
        .filter(|name| !name.is_empty() && *name != "help")
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_has_an_example_that_can_be_typed() {
    let docs = read("../../docs/cli-server.md");
    let nouns = verbs(&[]).await;
    assert!(nouns.len() > 8, "{nouns:?}");
    for noun in nouns.iter().filter(|noun| *noun != "browse") {
        let verbs = verbs(&[noun]).await;
        for verb in &verbs {
            assert!(
                docs.contains(&format!("| `{noun} {verb}")),
                "no example of `{noun} {verb}`"
            );
        }
        assert!(
            !verbs.is_empty() || docs.contains(&format!("| `{noun}")),
            "no example of `{noun}`"
        );
    }
    let examples = docs
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split("` |").next());
    let examples: Vec<&str> = examples
        .filter(|example| {
            nouns
                .iter()
                .any(|noun| example.split(' ').next() == Some(noun))
        })
        .collect();
    assert!(examples.len() > 45, "{examples:?}");
    for example in examples {
        let typed = example.split(" >").next().unwrap();
        let words = split(typed);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // Nothing listens there, and no token is given: it is understood, and stops at the token.
        let said = said(
            &[&["--server", "http://127.0.0.1:9"], &words[..]].concat(),
            &[],
        )
        .await;
        assert!(said.err.contains("no token"), "`{example}`: {}", said.err);
    }
}

/// Words as a shell splits them, of which the examples use single quotes alone.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

#[test]
fn every_code_of_the_command_is_explained() {
    let docs = read("../../docs/cli-server.md");
    let mut files = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut codes = std::collections::BTreeSet::new();
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text
            .split("#[cfg(test)]")
            .next()
            .unwrap()
            .replace(['\n', ' '], "");
        for call in [
            "Error::configuration(\"",
            "Error::told(\"",
            "Self::new(Exit::Failed,\"",
            "Error::new(Exit::Retry,\"",
            "Error::new(Exit::Failed,\"",
        ] {
            codes.extend(
                text.split(call)
                    .skip(1)
                    .map(|rest| rest.split('"').next().unwrap().to_owned()),
            );
        }
    }
    assert!(codes.len() > 8, "{codes:?}");
    for code in codes {
        assert!(
            docs.contains(&format!("`{code}`")),
            "`{code}` is not explained"
        );
    }
}
