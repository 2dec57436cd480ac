//! Paths, error bodies, ranges and items in all the forms that were seen.

use super::session::{Expected, read_expected};
use super::*;
use crate::message::Headers;
use serde_json::json;

fn reply(status: u16, headers: &[(&str, &str)], body: &Value) -> Reply {
    let headers = headers
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Reply {
        status,
        headers: Headers(headers.collect()),
        body: body.to_string().into_bytes(),
    }
}

#[test]
fn segments_keep_what_rfc_3986_allows_and_no_more() {
    assert_eq!(path::segment("!$&'()*+,;=:@-._~"), "!$&'()*+,;=:@-._~");
    assert_eq!(path::segment("a b#c%d/ü"), "a%20b%23c%25d%2F%C3%BC");
    assert_eq!(path::value("a&b=c+d e"), "a%26b%3Dc%2Bd%20e");
}

#[test]
fn addresses_are_taken_apart() {
    let url = "https://Contoso.sharepoint.com/sites/Finance%20EU/?x=1#y";
    assert_eq!(path::of_url(url), "sites/Finance EU");
    assert_eq!(
        path::host_of_url(url).as_deref(),
        Some("contoso.sharepoint.com")
    );
    assert_eq!(path::of_url("https://contoso.sharepoint.com"), "");
    assert_eq!(path::host_of_url("contoso"), None);
}

#[test]
fn the_deepest_code_tells_in_either_spelling() {
    for key in ["innerError", "innererror"] {
        let body = json!({"error": {"code": "notAllowed", "message": "No\r\n at all.", key: {"code": "middle", key: {"code": "resourceLocked"}}}});
        let told = refusal(&reply(423, &[], &body));
        assert_eq!(
            told.to_string(),
            "SharePoint answered 423 `resourceLocked`: No at all"
        );
    }
}

#[test]
fn the_trace_is_in_the_body_or_in_a_header() {
    let body = json!({"error": {"code": "x", "innerError": {"request-id": "in-body"}}});
    assert_eq!(
        refusal(&reply(400, &[], &body)).trace,
        Some(("request-id", "in-body".to_owned()))
    );
    let bare = json!({"error": {"code": "x"}});
    let told = refusal(&reply(400, &[("request-id", "in-header")], &bare));
    assert_eq!(told.trace, Some(("request-id", "in-header".to_owned())));
    let told = refusal(&reply(400, &[("sprequestguid", "sp")], &bare));
    assert_eq!(told.trace, Some(("SPRequestGuid", "sp".to_owned())));
}

#[test]
fn sharepoint_s_own_error_form_is_read() {
    let body = json!({"error": {"code": "-1, Microsoft.SharePoint", "message": {"lang": "en-US", "value": "Too big"}}});
    let told = refusal(&reply(400, &[], &body));
    assert_eq!(
        told.to_string(),
        "SharePoint answered 400 `-1, Microsoft.SharePoint`: Too big"
    );
    let flat = json!({"code": "notAllowed", "message": "ETag does not match current item's value"});
    assert_eq!(refusal(&reply(412, &[], &flat)).code, "notAllowed");
}

#[test]
fn expected_ranges_are_read_open_closed_empty_and_unsaid() {
    let cases = [
        (json!({"nextExpectedRanges": ["26-"]}), Expected::From(26)),
        (
            json!({"nextExpectedRanges": ["5242880-8255205"]}),
            Expected::From(5_242_880),
        ),
        (
            json!({"NextExpectedRanges": ["7-9", "3-5"]}),
            Expected::From(3),
        ),
        (json!({"nextExpectedRanges": []}), Expected::Nothing),
        (json!({"nextExpectedRanges": ["?"]}), Expected::Unsaid),
        (json!({}), Expected::Unsaid),
    ];
    for (body, expected) in cases {
        assert_eq!(read_expected(&reply(202, &[], &body)), expected, "{body}");
    }
}

#[test]
fn an_item_without_hash_or_size_is_an_item() {
    let item = item::read(&json!({"id": "01", "name": "a.csv", "file": {}})).unwrap();
    assert_eq!((item.size, item.quickxor, item.folder), (None, None, None));
    assert_eq!(item::read(&json!({"uploadUrl": "link:1"})), None);
}

#[test]
fn a_site_s_blank_title_gives_way_to_its_name_then_its_url_then_its_id() {
    let read = |value: Value| site::read(&value).unwrap().name;
    assert_eq!(
        read(json!({"id": "i", "displayName": " ", "name": "n"})),
        "n"
    );
    assert_eq!(
        read(json!({"id": "i", "webUrl": "https://h/sites/S%20T"})),
        "S T"
    );
    assert_eq!(read(json!({"id": "i"})), "i");
}

#[test]
fn an_id_that_is_a_dot_segment_is_none() {
    for id in [".", ".."] {
        let value = json!({"id": id, "name": "x"});
        assert_eq!(item::read(&value), None);
        assert_eq!(drive::read(&value), None);
        assert_eq!(site::read(&value), None);
    }
    assert!(item::read(&json!({"id": "..."})).is_some());
}
