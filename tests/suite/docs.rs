//! The documents say what the program does: every key, every code, every example, every link.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use writeback_host::config;

use crate::world::World;

type Sections = BTreeMap<String, BTreeSet<String>>;

/// A file of the repository.
pub fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("`{file}`: {error}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Panics unless the published schema of this kind accepts the document.
pub fn assert_valid(kind: &str, document: &Value) {
    let schema = jsonschema::validator_for(&schema(kind)).expect("a schema");
    let problems: Vec<_> = schema
        .iter_errors(document)
        .map(|e| e.to_string())
        .collect();
    assert!(problems.is_empty(), "{kind}: {problems:?}: {document:#}");
}

fn schema(kind: &str) -> Value {
    serde_json::from_str(&read(&format!("docs/schema/{kind}.json"))).expect("JSON")
}

/// The lines between this heading and the next of its level or above.
fn chapter(text: &str, heading: &str) -> String {
    let level = heading.chars().take_while(|&c| c == '#').count();
    let ends = |line: &str| {
        let depth = line.chars().take_while(|&c| c == '#').count();
        (1..=level).contains(&depth) && line.chars().nth(depth) == Some(' ')
    };
    let below = text.lines().skip_while(|line| *line != heading).skip(1);
    let mut fenced = false;
    let lines: Vec<&str> = below
        .take_while(|line| {
            fenced ^= line.starts_with("```");
            fenced || !ends(line)
        })
        .collect();
    assert!(!lines.is_empty(), "no chapter `{heading}`");
    lines.join("\n")
}

/// What stands in backticks in the first cell of each row of the tables whose first heading is `first`.
fn rows(text: &str, first: &str) -> BTreeSet<String> {
    let head = format!("| {first} |");
    let mut inside = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        inside = line.starts_with(&head) || (inside && line.starts_with('|'));
        let key = line
            .strip_prefix("| `")
            .and_then(|rest| rest.split_once('`'));
        if let Some((key, _)) = key.filter(|_| inside) {
            found.insert(key.to_owned());
        }
    }
    found
}

/// `[domo]` with its keys, and so on: what a chapter of `options.md` documents.
fn documented(chapter: &str) -> Sections {
    let mut sections = Sections::new();
    for part in format!("\n{chapter}").split("\n### ") {
        let name = part
            .strip_prefix("`[")
            .and_then(|rest| rest.split_once("]`"))
            .map_or("", |(name, _)| name);
        sections
            .entry(name.to_owned())
            .or_default()
            .extend(rows(part, "key"));
    }
    sections
}

/// The tables that a schema describes, by their dotted name, with their keys. `NAME` stands for a key of one's own.
fn described(root: &Value) -> Sections {
    let mut sections = Sections::new();
    collect(root, root, "", &mut sections);
    sections
}

fn collect(root: &Value, schema: &Value, path: &str, sections: &mut Sections) {
    if let Some(target) = schema["$ref"].as_str() {
        let target = root.pointer(target.trim_start_matches('#'));
        collect(root, target.expect("the reference"), path, sections);
    }
    for word in ["oneOf", "anyOf", "allOf"] {
        for choice in schema[word].as_array().into_iter().flatten() {
            collect(root, choice, path, sections);
        }
    }
    let below = |key: &str| match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    if schema["additionalProperties"].is_object() {
        collect(
            root,
            &schema["additionalProperties"],
            &below("NAME"),
            sections,
        );
    }
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        sections
            .entry(path.to_owned())
            .or_default()
            .insert(key.clone());
        collect(root, value, &below(key), sections);
    }
}

/// Tables written inline, which the text explains at their key, not under a heading.
const INLINE: [&str; 9] = [
    "accounts.NAME.certificate",
    "accounts.NAME.certificate_password",
    "accounts.NAME.client_secret",
    "accounts.NAME.developer_token",
    "accounts.NAME.private_key",
    "egress.proxy_password",
    "vault.passphrase",
    "sharepoint.filename",
    "sharepoint.site",
];

fn compare(heading: &str, kind: &str) {
    let options = read("docs/options.md");
    let text = chapter(&options, heading);
    let mut described = described(&schema(kind));
    for (name, keys) in INLINE
        .iter()
        .filter_map(|name| described.remove_entry(*name))
    {
        for key in keys {
            let shown = format!("{{ {key} = ");
            assert!(
                text.contains(&shown),
                "`{key}` of `{name}` is not in options.md"
            );
        }
    }
    // A table that only holds tables has headings of its own below it.
    let top = described.get_mut("").expect("the document");
    top.retain(|key| {
        !text.contains(&format!("### `[{key}]`")) && !text.contains(&format!("### `[{key}."))
    });
    described.retain(|_, keys| !keys.is_empty());
    let mut documented = documented(&text);
    documented.retain(|_, keys| !keys.is_empty());
    assert_eq!(
        documented, described,
        "docs/options.md (left) and the schema (right)"
    );
}

#[test]
fn every_key_of_a_job_is_an_option_and_every_option_a_key() {
    compare("## The job", "job");
}

#[test]
fn every_key_of_the_configuration_is_an_option_and_every_option_a_key() {
    compare("## The configuration", "config");
}

#[test]
fn the_defaults_of_the_limits_are_those_of_the_host() {
    let options = read("docs/options.md");
    let defaults = serde_json::to_value(config::Limits::default()).expect("JSON");
    assert_defaults(&options, "limits", &defaults);
}

fn assert_defaults(options: &str, table: &str, defaults: &Value) {
    let text = chapter(options, &format!("### `[{table}]`"));
    for (key, default) in defaults.as_object().expect("a table") {
        if default.is_object() {
            assert_defaults(options, &format!("{table}.{key}"), default);
            continue;
        }
        let row = text
            .lines()
            .find(|line| line.starts_with(&format!("| `{key}` |")))
            .unwrap_or_else(|| panic!("no row for `{key}`"));
        assert!(
            row.contains(&format!("| `{default}` |")),
            "{row}: {default}"
        );
    }
}

#[test]
fn every_failure_code_is_explained_and_nothing_else() {
    // `error.rs` spells each as: Name "the-code" "What it means".
    let source = read("guest/connector/src/error.rs");
    let table = source.split("codes! {").nth(1).expect("the table");
    let codes: BTreeSet<String> = table
        .lines()
        .take_while(|line| *line != "}")
        .filter_map(|line| line.split('"').nth(1).map(str::to_owned))
        .collect();
    assert!(codes.len() > 30, "{codes:?}");
    let errors = read("docs/errors.md");
    let explained = rows(&chapter(&errors, "## When a job fails"), "code");
    assert_eq!(
        explained, codes,
        "docs/errors.md (left) and `CODES` (right)"
    );
}

#[test]
fn every_code_of_the_command_is_explained_and_nothing_else() {
    let mut codes = BTreeSet::new();
    for file in sources(&root().join("host/cli/src")) {
        let text = fs::read_to_string(&file).expect("a source");
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        for maker in [
            "Error::configuration(",
            "Error::new(",
            "Error::told(",
            "Self::new(Exit::",
        ] {
            let calls = shipped.split(maker).skip(1);
            codes.extend(calls.filter_map(|call| {
                let head = call.split([';', '{']).next()?;
                head.split('"').nth(1).map(str::to_owned)
            }));
        }
    }
    codes.retain(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
    let errors = read("docs/errors.md");
    let explained = rows(&chapter(&errors, "## What the command itself says"), "code");
    assert_eq!(
        explained, codes,
        "docs/errors.md (left) and host/cli (right)"
    );
}

#[test]
fn every_hook_of_the_simulator_is_explained_and_nothing_else() {
    let hooks = writeback_cloud::HOOKS.map(|(name, _)| name.to_owned());
    let text = read("docs/simulator.md");
    assert_eq!(rows(&text, "hook"), BTreeSet::from(hooks));
}

#[test]
fn every_fault_in_the_documents_is_one() {
    let text = read("docs/simulator.md");
    let examples = fenced(&text, "toml");
    let faults: Vec<_> = examples
        .iter()
        .filter(|example| example.contains("[[fault]]"))
        .map(|example| writeback_cloud::Fault::parse_list(example))
        .collect();
    assert!(!faults.is_empty());
    for fault in faults {
        assert!(!fault.expect("rules").is_empty());
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .collect()
}

/// The code blocks of this language.
fn fenced(text: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() == opening {
            let block: Vec<&str> = lines
                .by_ref()
                .take_while(|line| line.trim_start() != "```")
                .collect();
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

/// The examples of a document: jobs and configurations.
fn examples(file: &str) -> (Vec<Value>, Vec<Value>) {
    let blocks = fenced(&read(file), "toml");
    let tables = blocks.iter().map(|block| -> Value {
        toml::from_str(block).unwrap_or_else(|error| panic!("{file}: {error}: {block}"))
    });
    let tables = tables.filter(|table| table.get("fault").is_none());
    tables.partition(|table| table.get("sharepoint").is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_a_job_is_accepted() {
    let world = World::start().await;
    for file in ["README.md", "docs/options.md", "docs/simulator.md"] {
        let (jobs, _) = examples(file);
        assert!(
            !jobs.is_empty() || file == "docs/simulator.md",
            "no job in {file}"
        );
        for job in jobs {
            assert_valid("job", &job);
            let report = world.check(&job).await;
            assert!(report.is_ok(), "{file}: {report:?}");
        }
    }
}

#[test]
fn every_example_of_a_configuration_is_accepted() {
    let mut seen = 0;
    for file in [
        "README.md",
        "docs/options.md",
        "docs/errors.md",
        "docs/simulator.md",
    ] {
        for config in examples(file).1 {
            assert_valid("config", &config);
            let parsed = config::parse(&config, Path::new("/etc/writeback"));
            assert!(parsed.is_ok(), "{file}: {parsed:?}");
            seen += 1;
        }
    }
    assert!(seen >= 2, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_program_writes_is_what_the_schemas_say() {
    let world = World::start().await;
    let job = world.job();
    assert_valid("job", &job);
    assert_valid("config", &world.config);
    assert_valid("receipt", &world.receipt(&job).await);
    assert_valid("check", &world.check(&job).await.expect("a report"));
    assert_valid(
        "query",
        &serde_json::json!({"kind": "datasets", "account": "domo"}),
    );
}

#[test]
fn a_schema_refuses_what_is_wrong() {
    let job = jsonschema::validator_for(&schema("job")).expect("a schema");
    let right: Value = examples("README.md").0.remove(0);
    let mut wrong = right.clone();
    wrong["sharepoint"]["foldr"] = "x".into();
    assert!(job.is_valid(&right) && !job.is_valid(&wrong));
    let config = jsonschema::validator_for(&schema("config")).expect("a schema");
    let right: Value = examples("README.md").1.remove(0);
    let mut wrong = right.clone();
    wrong["accounts"]["sharepoint"]["tennant"] = "x".into();
    assert!(config.is_valid(&right) && !config.is_valid(&wrong));
}

#[test]
fn links_inside_the_repository_lead_somewhere() {
    let mut seen = 0;
    for file in [
        "README.md",
        "CHANGELOG.md",
        "docs/options.md",
        "docs/errors.md",
        "docs/simulator.md",
        "docs/attacks.md",
        "docs/embedding.md",
    ] {
        let text = read(file);
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            if link.contains("://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let here = Path::new(file).parent().expect("a folder");
            let target = match path {
                "" => PathBuf::from(file),
                path => here.join(path),
            };
            assert!(root().join(&target).exists(), "{file}: `{link}`");
            if !anchor.is_empty() {
                let text = fs::read_to_string(root().join(&target)).expect("text");
                assert!(anchors(&text).contains(anchor), "{file}: `{link}`");
            }
            seen += 1;
        }
    }
    assert!(seen > 5, "{seen}");
}

/// The headings of a document as its pages name them in links.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            heading
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}
