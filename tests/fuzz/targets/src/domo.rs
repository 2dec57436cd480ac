//! Domo's replies: whatever the body is, reading it ends in values that the job can trust.

use crate::input::reply;
use serde_json::Value;
use writeback_connector::domo::{DataSet, read_count, read_datasets, refusal};
use writeback_connector::message::Reply;
use writeback_connector::retry::verdict;

/// The target.
pub fn domo(data: &[u8]) {
    let Some(reply) = reply(data) else { return };
    let document = reply.json();
    if let Some(dataset) = DataSet::from_reply(&reply) {
        trusted(&dataset, &document);
    }
    let each = read_datasets(&reply);
    let listed = document.as_array().map_or(0, Vec::len);
    assert!(each.len() <= listed);
    if let Some(count) = read_count(&reply) {
        assert_number(count, &document["rows"][0][0]);
    }
    told(&reply);
}

fn trusted(dataset: &DataSet, document: &Value) {
    assert!(dataset.same_data(dataset));
    if let Some(rows) = dataset.rows {
        assert_number(rows, &document["rows"]);
    }
}

/// A number that was read is the number that was written.
fn assert_number(read: u64, written: &Value) {
    let same = match written {
        Value::Number(number) => {
            number.as_u64() == Some(read) || number.as_f64() == Some(read as f64)
        }
        Value::String(text) => text.trim().parse() == Ok(read),
        _ => false,
    };
    assert!(same, "{written} was read as {read}");
}

fn told(reply: &Reply) {
    let refusal = refusal(reply);
    // An error within a good reply is an error; a bad reply never turns good.
    assert!(refusal.status == reply.status || (reply.status < 300 && refusal.status >= 400));
    assert!(refusal.to_string().starts_with("Domo answered "));
    let _ = verdict(&refusal);
}
