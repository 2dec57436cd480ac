//! SharePoint's upload URLs.

use super::Answer;
use super::sharepoint::{SharePoint, error};
use serde_json::json;
use writeback_connector::message::{Method, Request};

/// Answers a request to an upload URL.
pub fn session(
    sharepoint: &mut SharePoint,
    request: &Request,
    content: &[u8],
    auth: Option<&str>,
) -> Answer {
    let link = request.url.clone();
    if auth.is_some() {
        return error(
            401,
            "unauthenticated",
            "The upload URL takes no Authorization.",
        );
    }
    if !sharepoint.sessions.contains_key(&link) {
        return error(404, "itemNotFound", "The upload session was not found");
    }
    match request.method {
        Method::Get => {
            let key = sharepoint.next_key;
            let have = sharepoint.sessions[&link].bytes.len();
            Answer::json(200, json!({ key: [format!("{have}-")] }))
        }
        Method::Delete => {
            sharepoint.sessions.remove(&link);
            sharepoint.deleted.push(link);
            Answer::empty(204)
        }
        Method::Put => fragment(sharepoint, &link, request, content),
        other => panic!("an upload URL has no {other:?}"),
    }
}

fn fragment(sharepoint: &mut SharePoint, link: &str, request: &Request, content: &[u8]) -> Answer {
    let range = request
        .headers
        .iter()
        .find(|(name, _)| *name == "content-range");
    let range = &range.expect("a fragment has a range").1;
    let (bounds, total) = range
        .strip_prefix("bytes ")
        .unwrap()
        .split_once('/')
        .unwrap();
    let (first, last) = bounds.split_once('-').unwrap();
    let [first, last, total] = [first, last, total].map(|n| n.parse::<usize>().unwrap());
    assert_eq!(
        content.len(),
        last + 1 - first,
        "the range is the content's"
    );
    assert!(content.len() < 60 * 1024 * 1024);
    if last + 1 != total && !content.len().is_multiple_of(327_680) {
        return error(400, "invalidRequest", "fragments are multiples of 320 KiB");
    }
    let session = sharepoint.sessions.get_mut(link).unwrap();
    if first != session.bytes.len() {
        let code = if first < session.bytes.len() {
            "fragmentOverlap"
        } else {
            "fragmentOutOfOrder"
        };
        return error(416, code, "invalid range");
    }
    session.bytes.extend_from_slice(content);
    if session.bytes.len() < total {
        let key = sharepoint.next_key;
        let body = json!({ "expirationDateTime": "2026-01-01T00:15:00Z", key: [format!("{}-{}", last + 1, total - 1)] });
        return Answer::json(202, body);
    }
    let session = sharepoint.sessions.remove(link).unwrap();
    let answer = sharepoint.write(
        &session.parent,
        &session.name,
        &session.conflict,
        &session.bytes,
    );
    if answer.status == 409 {
        sharepoint.sessions.insert(link.to_owned(), session);
    }
    answer
}
