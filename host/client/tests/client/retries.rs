//! Busy servers, broken connections and streams that end: tried again, boundedly, and nothing done twice.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::world::{Said, says};

/// What a server of a test saw: method, path, and Idempotency-Key.
type Seen = Arc<Mutex<Vec<(String, String, Option<String>)>>>;
type Answers = fn(usize) -> Response;

/// A server that answers the nth request as it is told.
async fn server(answers: Answers) -> (String, Seen) {
    let seen = Seen::default();
    let router = Router::new().fallback(
        move |State(seen): State<Seen>, request: Request| async move {
            let key = request.headers().get("idempotency-key");
            let key = key.map(|key| key.to_str().unwrap().to_owned());
            let mut seen = seen.lock().unwrap();
            seen.push((
                request.method().to_string(),
                request.uri().path().to_owned(),
                key,
            ));
            answers(seen.len())
        },
    );
    let router = router.with_state(Arc::clone(&seen));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, seen)
}

fn problem(status: u16, retry_after: Option<&str>) -> Response {
    let body = json!({ "code": "not-ready", "detail": "the database does not answer" }).to_string();
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert("retry-after", seconds.parse().unwrap());
    }
    response
}

fn started() -> Response {
    json!({ "id": "run_1", "state": "queued" })
        .to_string()
        .into_response()
}

async fn start(url: &str) -> Said {
    says(url, "wbk_a.b", &["--tenant", "t", "run", "start", "sales"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_asked_again_with_the_same_key() {
    let (url, seen) = server(|nth| match nth {
        1 => problem(503, Some("0")),
        2 => problem(429, Some("0")),
        _ => started(),
    })
    .await;
    let said = start(&url).await.good();
    assert_eq!(said.out, "run_1\n");
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    assert!(
        seen[0].2.is_some() && seen.iter().all(|request| request == &seen[0]),
        "{seen:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_busy_is_asked_four_times() {
    let (url, seen) = server(|_| problem(503, Some("0"))).await;
    let said = start(&url).await;
    assert_eq!((said.code, seen.lock().unwrap().len()), (3, 4));
    assert!(
        said.err
            .contains("the database does not answer (not-ready)"),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_wait_is_the_persons_to_decide() {
    let (url, seen) = server(|_| problem(429, Some("3600"))).await;
    let said = start(&url).await;
    assert_eq!((said.code, seen.lock().unwrap().len()), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_has_a_key_of_its_own() {
    let (url, seen) = server(|_| started()).await;
    start(&url).await.good();
    start(&url).await.good();
    let seen = seen.lock().unwrap();
    assert_ne!(seen[0].2, seen[1].2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_does_not_get_the_token() {
    let (elsewhere, seen) = server(|_| started()).await;
    static ELSEWHERE: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    ELSEWHERE.set(elsewhere).unwrap();
    let (url, _) = server(|_| {
        let place = ELSEWHERE.get().unwrap().as_str();
        (StatusCode::TEMPORARY_REDIRECT, [("location", place)]).into_response()
    })
    .await;
    let said = start(&url).await;
    assert!(
        said.code == 2 && said.err.contains("answered 307"),
        "{said:?}"
    );
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_is_taken_up_and_no_line_is_told_twice() {
    let (url, seen) = server(|nth| {
        let mut text = format!(
            "event: log\ndata: {}\n\n",
            json!([{ "seq": 1, "at_ms": 0, "level": "info", "line": "first" }])
        );
        if nth == 2 {
            text += &format!(
                "event: log\ndata: {}\n\nevent: run\ndata: {}\n\n",
                json!([{ "seq": 2, "at_ms": 0, "level": "warn", "line": "sec\u{1b}[2Jond" }]),
                json!({ "id": "run_1", "state": "done", "receipt": { "rows": 3 } })
            );
        }
        let chunks = text
            .into_bytes()
            .chunks(7)
            .map(<[u8]>::to_vec)
            .map(Ok::<_, Infallible>)
            .collect::<Vec<_>>();
        Response::new(Body::from_stream(futures_util::stream::iter(chunks)))
    })
    .await;
    let said = says(
        &url,
        "wbk_a.b",
        &["--tenant", "t", "run", "follow", "run_1"],
    )
    .await
    .good();
    assert_eq!(
        (said.out.as_str(), said.err.as_str()),
        (
            "done run_1\nrows: 3\n",
            "1970-01-01 00:00:00 info  first\n1970-01-01 00:00:00 warn  sec[2Jond\ndone\n"
        )
    );
    assert_eq!(seen.lock().unwrap().len(), 2);
}
