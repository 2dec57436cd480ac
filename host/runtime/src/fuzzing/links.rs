//! JSON replies on their way to a component: no member that holds a pre-authenticated URL keeps it, no text
//! repeats the link that the reply is about, and each `link:N` leads back to what was there.

use http::HeaderMap;
use serde_json::Value;
use writeback_policy::{Links, without_links};

use super::ACCOUNTS;

const ABOUT: &str = "https://contoso.sharepoint.com/up?tempauth=v1.0123456789abcdef";
const OPENS: &str = "v1.0123456789abcdef";

/// The target: the body of a reply.
pub fn links(data: &[u8]) {
    let account = &ACCOUNTS[1];
    let links = Links::default();
    let name = links.hide(ABOUT, account);
    let about = links.find(&name);
    let clean = without_links(&HeaderMap::new(), data, account, about.as_ref(), &links);
    let before = serde_json::from_slice::<Value>(data);
    assert_eq!(clean.is_ok(), before.is_ok() || data.is_empty());
    let (Ok(clean), Ok(before)) = (clean, before) else {
        return;
    };
    let clean = clean.unwrap_or_else(|| data.to_vec());
    let after: Value = serde_json::from_slice(&clean).expect("it was JSON");
    compare(&before, &after, false, &links);
    // Written anew it names no member twice; else it does not name one at all.
    let anew = serde_json::to_vec(&after).is_ok_and(|anew| *anew == *clean);
    let named = account.link_fields.iter().any(|field| holds(&clean, field));
    assert!(anew || !named || has_fraction(&after));
}

/// Whether a number may change by being read and written.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.values().any(has_fraction),
        Value::Array(items) => items.iter().any(has_fraction),
        other => other.is_f64(),
    }
}

fn holds(text: &[u8], part: &str) -> bool {
    text.windows(part.len())
        .any(|window| window == part.as_bytes())
}

/// Walks both documents side by side: `held` within a member that holds a link.
fn compare(before: &Value, after: &Value, held: bool, links: &Links) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            assert!(before.keys().eq(after.keys()));
            for ((name, before), after) in before.iter().zip(after.values()) {
                compare(before, after, is_link(name), links);
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            assert_eq!(before.len(), after.len());
            for (before, after) in before.iter().zip(after) {
                compare(before, after, false, links);
            }
        }
        (Value::String(before), Value::String(after)) if held => {
            let link = links.find(after).expect("a link of this run");
            assert_eq!(link.url.as_str(), before);
        }
        (Value::String(before), Value::String(after)) => {
            assert!(!after.contains(OPENS), "{after}");
            assert!(before == after || before.contains(OPENS) || before.contains("/up?"));
        }
        (before, after) => assert!(before == after || before.is_f64()),
    }
}

/// By the words of Graph's pages.
fn is_link(name: &str) -> bool {
    let suffixes = ["@microsoft.graph.downloadUrl", "@content.downloadUrl"];
    name == "uploadUrl" || suffixes.iter().any(|suffix| name.ends_with(suffix))
}
