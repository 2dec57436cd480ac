//! Requests as they go out, and replies in all the forms that were seen.

use super::*;
use crate::message::{Content, Headers};

fn reply(status: u16, kind: &str, body: &str) -> Reply {
    Reply {
        status,
        headers: Headers(vec![("content-type".to_owned(), kind.to_owned())]),
        body: body.as_bytes().to_vec(),
    }
}

#[test]
fn requests_are_those_of_the_public_api() {
    let base = "https://api.domo.com";
    assert_eq!(
        dataset(base, "id").url,
        "https://api.domo.com/v1/datasets/id"
    );
    assert_eq!(
        datasets(base, 50, Some("a&b c")).url,
        "https://api.domo.com/v1/datasets?limit=50&offset=50&sort=name&nameLike=a%26b%20c"
    );
    let export = export(base, "id");
    assert_eq!(
        export.url,
        "https://api.domo.com/v1/datasets/id/data?includeHeader=true&fileName=id.csv"
    );
    assert!(export.headers.contains(&("accept", "text/csv".to_owned())));
    let count = count(base, "id");
    assert_eq!(
        count.url,
        "https://api.domo.com/v1/datasets/query/execute/id"
    );
    assert_eq!(
        count.content,
        Content::Bytes(br#"{"sql":"SELECT COUNT(*) FROM table"}"#.to_vec())
    );
}

#[test]
fn a_count_may_be_a_number_a_float_or_text() {
    for cell in ["12", "12.0", "\"12\""] {
        let body = format!("{{\"rows\":[[{cell}]]}}");
        assert_eq!(
            read_count(&reply(200, "application/json", &body)),
            Some(12),
            "{cell}"
        );
    }
    for body in ["{}", "{\"rows\":[]}", "{\"rows\":[[-1]]}", "<html>"] {
        assert_eq!(
            read_count(&reply(200, "application/json", body)),
            None,
            "{body}"
        );
    }
}

#[test]
fn an_error_tells_its_reason_words_and_trace() {
    let body = r#"{"status":400,"statusReason":"Bad Request","message":"No.","toe":"T-1"}"#;
    let told = refusal(&reply(400, "application/json", body));
    assert_eq!(told.to_string(), "Domo answered 400 `Bad Request`: No");
    assert_eq!(told.trace, Some(("toe", "T-1".to_owned())));
}

#[test]
fn an_oauth_error_tells_its_code() {
    let body =
        r#"{"error":"invalid_token","error_description":"Cannot convert access token to JSON"}"#;
    let told = refusal(&reply(401, "application/json", body));
    assert_eq!(
        told.to_string(),
        "Domo answered 401 `invalid_token`: Cannot convert access token to JSON"
    );
}

#[test]
fn a_page_is_no_error_text() {
    let told = refusal(&reply(
        503,
        "text/html;charset=utf-8",
        "<html>Domo Maintenance</html>",
    ));
    assert_eq!(told.to_string(), "Domo answered 503 with a web page");
}

#[test]
fn an_error_in_a_good_status_counts_with_its_own() {
    let body = r#"{"status":403,"toe":"T-1"}"#;
    assert_eq!(refusal(&reply(200, "application/json", body)).status, 403);
    assert_eq!(refusal(&reply(500, "application/json", body)).status, 500);
}

#[test]
fn columns_may_stand_in_the_schema_alone() {
    let body = r#"{"id":"x","schema":{"columns":[{"name":"a"},{"name":"b"}]}}"#;
    let dataset = DataSet::from_reply(&reply(200, "application/json", body)).unwrap();
    assert_eq!(dataset.columns, Some(2));
    assert_eq!(dataset.rows, None);
}
