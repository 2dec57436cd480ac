//! All routes, and what every request passes through.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;

use super::problem::Problem;
use super::{
    accounts, audit, auth, browse, erase, events, export, history, idempotency, jobs, openapi, ops,
    runs, schedules, targets, tenants, tokens,
};
use crate::App;

/// Headers of every response: nothing of it is kept, framed, guessed at or sent on.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
];

/// The routes that need a token, with their descriptions.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(tenants::routes())
        .merge(tokens::routes())
        .merge(accounts::routes())
        .merge(browse::routes())
        .merge(audit::routes())
        .merge(targets::routes())
        .merge(export::routes())
        .merge(erase::routes())
        .merge(jobs::routes())
        .merge(runs::routes())
        .merge(history::routes())
        .merge(events::routes())
        .merge(schedules::routes())
}

/// The whole API.
pub fn router(app: App) -> Router {
    let (v1, _) = OpenApiRouter::<App>::new()
        .nest("/v1", routes())
        .split_for_parts();
    let guarded = v1
        .merge(ops::routes())
        .layer(from_fn_with_state(app.clone(), idempotency::once))
        .layer(from_fn_with_state(app.clone(), auth::authenticate))
        .layer(from_fn_with_state(app.clone(), in_time))
        .layer(DefaultBodyLimit::max(app.settings.body_bytes));
    let router = Router::new()
        .merge(guarded)
        .merge(ops::open_routes())
        .merge(openapi::routes())
        .fallback(missing)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(without_nul));
    outermost(router).with_state(app)
}

/// What a process without the API answers.
pub fn health(app: App) -> Router {
    let router = Router::new()
        .merge(ops::open_routes())
        .fallback(missing)
        .method_not_allowed_fallback(wrong_method);
    outermost(router).with_state(app)
}

/// What every answer passes through last: no panic gets out, and the headers are there.
fn outermost(router: Router<App>) -> Router<App> {
    let router = router.layer(CatchPanicLayer::custom(panicked));
    HEADERS.into_iter().fold(router, |router, (name, value)| {
        let value = HeaderValue::from_static(value);
        router.layer(SetResponseHeaderLayer::if_not_present(name, value))
    })
}

/// Nothing has a NUL in its name, and PostgreSQL takes no text with one.
async fn without_nul(request: Request, next: Next) -> Response {
    let has_nul = |text: &str| text.contains("%00");
    if has_nul(request.uri().path()) {
        return Problem::missing("resource").into_response();
    }
    if request.uri().query().is_some_and(has_nul) {
        return Problem::new(
            StatusCode::BAD_REQUEST,
            "bad-query",
            "there is a NUL in what follows the `?`",
        )
        .into_response();
    }
    next.run(request).await
}

/// Ends a request that takes too long, the reading of its content included.
async fn in_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(app.settings.request_time, next.run(request)).await;
    answered.unwrap_or_else(|_| {
        let mut problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too-slow",
            format!(
                "it took more than {} seconds",
                app.settings.request_time.as_secs()
            ),
        );
        problem.retry_after = Some(5);
        problem.into_response()
    })
}

async fn missing() -> Problem {
    Problem::missing("resource")
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "this cannot be done to it\nhint: /v1/openapi.json says what can",
    )
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "the server failed\nhint: try again; the server's log says what happened",
    )
    .into_response()
}
