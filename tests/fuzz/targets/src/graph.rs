//! Graph's and SharePoint's replies: an id that was read is one segment of the next request, a session's
//! expectation is one that was written, and a refusal is one line.

use crate::input::reply;
use crate::requests::{GRAPH, assert_below};
use serde_json::Value;
use writeback_connector::graph::session::{Expected, read_expected, read_link};
use writeback_connector::graph::{drive, item, next_page, refusal, session, site};
use writeback_connector::message::Reply;
use writeback_connector::retry::verdict;

/// The target.
pub fn graph(data: &[u8]) {
    let Some(reply) = reply(data) else { return };
    let document = reply.json();
    places(&document);
    items(&document);
    expected(&reply, &document);
    if let Some(link) = read_link(&reply) {
        assert!(!link.is_empty());
    }
    let next = next_page(&document).map(|request| request.url);
    assert_eq!(next.as_deref(), document["@odata.nextLink"].as_str());
    let refusal = refusal(&reply);
    assert_eq!(refusal.status, reply.status);
    assert!(!refusal.message.contains(['\n', '\r']));
    let _ = verdict(&refusal);
}

fn places(document: &Value) {
    for site in site::read_page(document)
        .iter()
        .chain(&site::read(document))
    {
        assert!(!site.name.is_empty());
        assert_below(GRAPH, &drive::default_of(GRAPH, &site.id));
    }
    for drive in drive::read_page(document)
        .iter()
        .chain(&drive::read(document))
    {
        assert!(!drive.url_name().contains('/'));
        assert_below(GRAPH, &item::root(GRAPH, &drive.id));
    }
}

fn items(document: &Value) {
    for item in item::read_page(document)
        .iter()
        .chain(&item::read(document))
    {
        assert_below(GRAPH, &item::children(GRAPH, "b!drive", &item.id, 1));
        assert_below(GRAPH, &item::with_publication(GRAPH, "b!drive", &item.id));
        let conflict = item::Conflict::Fail;
        let opened = session::create(GRAPH, "b!drive", &item.id, "sales.csv", conflict);
        assert_below(GRAPH, &opened);
    }
}

fn expected(reply: &Reply, document: &Value) {
    let written = ["nextExpectedRanges", "NextExpectedRanges"]
        .iter()
        .find_map(|key| document[*key].as_array());
    match read_expected(reply) {
        Expected::Nothing => assert_eq!(written.map(Vec::len), Some(0)),
        Expected::Unsaid => {}
        Expected::From(offset) => {
            let starts = |range: &Value| {
                let start = range.as_str()?.split('-').next()?;
                start.trim().parse::<u64>().ok()
            };
            let least = written.into_iter().flatten().filter_map(starts).min();
            assert_eq!(least, Some(offset));
        }
    }
}
