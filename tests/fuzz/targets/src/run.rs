//! A whole run against any replies in any order: it ends, sends each byte from where it lies, signs nothing
//! that leads elsewhere, and prints a receipt only for the bytes that it holds.

use crate::input::{reply, split};
use crate::ports::{Scene, Scripted};
use crate::requests::assert_url_below;
use serde_json::Value;
use std::collections::VecDeque;
use writeback_connector::message::Reply;
use writeback_connector::quickxor::QuickXor;
use writeback_connector::writeback;

/// Between two replies.
const MARK: &[u8] = b"\n====\n";
/// More requests than the replies of any input call for.
const REQUESTS: usize = 4_000;

/// The target: a line that chooses the job, then replies.
pub fn run(data: &[u8]) {
    let (first, mut rest) = split(data, b"\n");
    let mut replies = VecDeque::new();
    while !rest.is_empty() && replies.len() < 200 {
        let (one, after) = split(rest, MARK);
        replies.extend(reply(one));
        rest = after;
    }
    let next = links(&replies);
    let ports = Scripted::new(Scene {
        replies,
        blob: None,
    });
    let outcome = writeback::run(&ports, &job(first), None);
    for sent in ports.sent().iter().filter(|sent| !next.contains(&sent.url)) {
        if let Some(base) = sent.signed {
            assert_url_below(base, &sent.url);
        }
    }
    assert!(ports.sent().len() < REQUESTS, "no end to it");
    match outcome {
        Ok(receipt) => proven(&receipt, first, &ports),
        Err(failure) => assert!(!failure.message.trim().is_empty()),
    }
}

/// Where lists go on is the service's to say; the host knows whether the account may be spent there.
fn links(replies: &VecDeque<Reply>) -> Vec<String> {
    let link = |reply: &Reply| reply.json()["@odata.nextLink"].as_str().map(str::to_owned);
    replies.iter().filter_map(link).collect()
}

fn job(first: &[u8]) -> String {
    let has = |word: u8| first.contains(&word);
    let either = |word, yes, no| if has(word) { yes } else { no };
    serde_json::json!({
        "domo": {
            "account": "domo",
            "dataset": "845305d8-da3d-4107-a9d6-13ef3f86d4a4",
            "rows": either(b'w', "warn", "strict"),
            "pdp": "allow",
            "owner": "off",
        },
        "sharepoint": {
            "account": "sharepoint",
            "site": "https://contoso.sharepoint.com/sites/Finance",
            "folder": either(b'f', "Reports/Daily", ""),
            "filename": either(b'n', "dataset-name", "dataset-id"),
            "if_exists": either(b'r', "rename", "replace"),
            "verify": either(b'v', "warn", either(b's', "size", "hash")),
        },
        "upload": { "simple_limit": if has(b'u') { 0 } else { 1_000_000 } },
        "guard": { "if_empty": "write" },
        "retry": { "attempts": 3 },
    })
    .to_string()
}

fn proven(receipt: &str, first: &[u8], ports: &Scripted) {
    let receipt: Value = serde_json::from_str(receipt).unwrap();
    let held = ports.sealed().expect("a receipt without a sealed blob");
    let mut hash = QuickXor::new();
    hash.update(&held);
    let digest = hash.finish().to_string();
    let export = &receipt["export"];
    assert_eq!(export["bytes"], held.len(), "{receipt}");
    assert_eq!(export["quickxor"], digest.as_str(), "{receipt}");
    let file = &receipt["file"];
    let hashed = file["quickxor"] == digest.as_str();
    match receipt["verified"].as_str() {
        Some("hash") => assert!(hashed, "{receipt}"),
        Some(_) if first.contains(&b'v') => {}
        _ => assert!(file["bytes"] == held.len(), "{receipt}"),
    }
}
