//! Keeps pre-authenticated URLs from the component: replies have `link:N` in their place, and
//! `link:N` works as a request's URL in this run alone. The URLs are never shown.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use zeroize::Zeroizing;

use crate::binding::Binding;

/// Links kept at a time; older ones are forgotten. A folder listing has one for each file.
const CAPACITY: usize = 4096;

/// A pre-authenticated URL and the account whose reply held it.
#[derive(Clone)]
pub struct Link {
    /// The URL.
    pub url: Arc<Zeroizing<String>>,
    /// The account.
    pub account: Arc<Binding>,
}

impl Link {
    /// `text` without this URL, should a service repeat it.
    #[must_use]
    pub fn redact(&self, text: &str) -> Option<String> {
        let url = self.url.as_str();
        let after_origin = url
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        let query = url.split_once('?').map(|(_, query)| query);
        // The pre-authentication alone opens as much as the whole URL.
        let values = query
            .into_iter()
            .flat_map(|query| query.split('&'))
            .filter_map(|pair| pair.split_once('=').map(|(_, value)| value));
        let telling = [Some(url), after_origin, query]
            .into_iter()
            .flatten()
            .chain(values)
            .filter(|part| part.len() >= 16);
        let mut redacted = text.to_owned();
        for part in telling {
            redacted = redacted.replace(part, "…");
        }
        (redacted != text).then_some(redacted)
    }
}

/// The links of one run.
#[derive(Default)]
pub struct Links(Mutex<Table>);

#[derive(Default)]
struct Table {
    /// Those that an earlier attempt of the run kept. They are not forgotten.
    restored: BTreeMap<usize, Link>,
    /// Numbers before the first of `links`.
    forgotten: usize,
    links: VecDeque<Link>,
}

impl Links {
    /// Links under the numbers that an earlier attempt of the run knew them by. New ones come after.
    #[must_use]
    pub fn restored(links: BTreeMap<usize, Link>) -> Self {
        let forgotten = links.last_key_value().map_or(0, |(number, _)| *number);
        Self(Mutex::new(Table {
            restored: links,
            forgotten,
            links: VecDeque::new(),
        }))
    }

    /// Those of these numbers that there are.
    #[must_use]
    pub fn of(&self, numbers: &BTreeSet<usize>) -> BTreeMap<usize, Link> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = numbers
            .iter()
            .filter_map(|number| Some((*number, table.get(*number)?)));
        found.collect()
    }

    /// The name that the component may know `url` by.
    pub fn hide(&self, url: &str, account: &Arc<Binding>) -> String {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = table
            .links
            .iter()
            .rposition(|link| link.url.as_str() == url && Arc::ptr_eq(&link.account, account));
        let index = known.unwrap_or_else(|| table.add(url, account));
        format!("link:{}", table.forgotten + index + 1)
    }

    /// The link of this name (`link:N`).
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Link> {
        let number: usize = name.strip_prefix("link:")?.parse().ok()?;
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.get(number)
    }
}

impl Table {
    fn get(&self, number: usize) -> Option<Link> {
        let index = number.checked_sub(self.forgotten + 1);
        let link = index.and_then(|index| self.links.get(index));
        link.or_else(|| self.restored.get(&number)).cloned()
    }

    fn add(&mut self, url: &str, account: &Arc<Binding>) -> usize {
        if self.links.len() == CAPACITY {
            self.links.pop_front();
            self.forgotten += 1;
        }
        self.links.push_back(Link {
            url: Arc::new(Zeroizing::new(url.to_owned())),
            account: Arc::clone(account),
        });
        self.links.len() - 1
    }
}

/// Replaces the pre-authenticated URLs that `fields` hold in a JSON document, at any depth, and
/// whatever `redact` knows in any other text. Says whether anything changed.
pub(crate) fn scrub(
    value: &mut Value,
    fields: &[&str],
    hide: &mut dyn FnMut(&str) -> String,
    redact: &dyn Fn(&str) -> Option<String>,
) -> bool {
    match value {
        Value::Object(members) => members.iter_mut().fold(false, |changed, (name, member)| {
            let hidden = match member {
                Value::String(url) if is_link_field(name, fields) => {
                    *url = hide(url);
                    true
                }
                other => scrub(other, fields, hide, redact),
            };
            changed | hidden
        }),
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| {
            changed | scrub(item, fields, hide, redact)
        }),
        Value::String(text) => match redact(text) {
            Some(clean) => {
                *text = clean;
                true
            }
            None => false,
        },
        _ => false,
    }
}

/// OData annotations may name the property that they belong to (`content@microsoft.graph.downloadUrl`).
fn is_link_field(name: &str, fields: &[&str]) -> bool {
    fields.iter().any(|field| match field.strip_prefix('@') {
        Some(_) => name.ends_with(field),
        None => name == *field,
    })
}

/// The numbers of the links that a text names.
#[must_use]
pub fn links_named_in(text: &[u8]) -> BTreeSet<usize> {
    let text = String::from_utf8_lossy(text);
    let numbers = text.split("link:").skip(1).filter_map(|after| {
        let end = after.find(|letter: char| !letter.is_ascii_digit());
        after[..end.unwrap_or(after.len())].parse().ok()
    });
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binding::test_binding;
    use serde_json::json;

    const FIELDS: &[&str] = &[
        "uploadUrl",
        "@microsoft.graph.downloadUrl",
        "@content.downloadUrl",
    ];
    const URL: &str =
        "https://contoso.sharepoint.com/_layouts/15/download.aspx?tempauth=v1.eyJzaXRl";

    #[test]
    fn links_are_replaced_at_any_depth() {
        let links = Links::default();
        let account = Arc::new(test_binding());
        let mut document = json!({"uploadUrl": URL, "value": [{"@microsoft.graph.downloadUrl": URL, "id": "1"}], "z": {"@content.downloadUrl": "https://b"}});
        assert!(scrub(
            &mut document,
            FIELDS,
            &mut |url| links.hide(url, &account),
            &|_| None
        ));
        assert_eq!(
            document,
            json!({"uploadUrl": "link:1", "value": [{"@microsoft.graph.downloadUrl": "link:1", "id": "1"}], "z": {"@content.downloadUrl": "link:2"}})
        );
        assert_eq!(links.find("link:1").unwrap().url.as_str(), URL);
        assert_eq!(links.find("link:2").unwrap().url.as_str(), "https://b");
    }

    #[test]
    fn other_documents_are_left_alone() {
        let mut document = json!({"webUrl": URL, "size": 1.0, "uploadUrl": null});
        let before = document.clone();
        assert!(!scrub(
            &mut document,
            FIELDS,
            &mut |_| panic!("nothing to hide"),
            &|_| None
        ));
        assert_eq!(document, before);
    }

    #[test]
    fn unknown_links_are_not_found() {
        let links = Links::default();
        for name in [
            "link:0",
            "link:1",
            "link:-1",
            "link:",
            "link:18446744073709551616",
            "https://a",
        ] {
            assert!(links.find(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_oldest_links_are_forgotten_and_the_rest_keep_their_names() {
        let links = Links::default();
        let account = Arc::new(test_binding());
        for index in 0..=CAPACITY {
            assert_eq!(
                links.hide(&format!("https://a/{index}"), &account),
                format!("link:{}", index + 1)
            );
        }
        assert!(links.find("link:1").is_none());
        assert_eq!(links.find("link:2").unwrap().url.as_str(), "https://a/1");
    }

    #[test]
    fn restored_links_keep_their_numbers_and_new_ones_come_after() {
        let account = Arc::new(test_binding());
        let link = Link {
            url: Arc::new(Zeroizing::new(URL.to_owned())),
            account: Arc::clone(&account),
        };
        let links = Links::restored([(7, link)].into());
        assert_eq!(links.find("link:7").unwrap().url.as_str(), URL);
        assert_eq!(links.hide("https://b", &account), "link:8");
        assert_eq!(links.find("link:8").unwrap().url.as_str(), "https://b");
        assert!(links.find("link:6").is_none());
        let of: Vec<usize> = links.of(&[6, 7, 8, 9].into()).into_keys().collect();
        assert_eq!(of, [7, 8]);
    }

    #[test]
    fn a_repeated_url_is_redacted_whole_or_in_part() {
        let link = Link {
            url: Arc::new(Zeroizing::new(URL.to_owned())),
            account: Arc::new(test_binding()),
        };
        let mut document = json!({"error": {"message": format!("no session at {URL}"), "inner": "tempauth=v1.eyJzaXRl is old"}});
        assert!(scrub(
            &mut document,
            FIELDS,
            &mut |_| String::new(),
            &|text| link.redact(text)
        ));
        assert_eq!(
            document,
            json!({"error": {"message": "no session at …", "inner": "… is old"}})
        );
    }

    #[test]
    fn names_are_found_wherever_they_stand() {
        assert_eq!(
            links_named_in(br#"{"a": "link:12", "b": ["link:3link:40"], "c": "link:x link:"}"#),
            [3, 12, 40].into()
        );
        assert!(links_named_in(b"\xff link:99999999999999999999999").is_empty());
    }
}
