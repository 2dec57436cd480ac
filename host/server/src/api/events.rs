//! A run as it goes on: server-sent events, until it is over.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{In, Viewer};
use super::body::Path;
use super::problem::Answer;
use super::runs::{LogLine, Run, find};
use crate::App;
use crate::store::runs::{self, RunRow};

/// How often the database is asked.
const LOOK: Duration = Duration::from_millis(500);
/// Lines in one event.
const LINES: i64 = 500;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events))
}

struct Following {
    app: App,
    run: RunRow,
    seen_version: i64,
    seen_line: i64,
    over: bool,
}

/// Follows a run. Events `run` have the run whenever it changed, events `log` have new lines; the last one is a `run` that is over.
#[utoipa::path(get, path = "/tenants/{tenant}/runs/{run}/events", tag = "runs", params(("tenant" = String, Path), ("run" = String, Path)),
    security(("token" = ["viewer"])), responses((status = 200, content_type = "text/event-stream", body = Object)))]
async fn events(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, run)): Path<(String, String)>,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let run = find(&app, &caller.tenant, &run).await?;
    let following = Following {
        app,
        run,
        seen_version: 0,
        seen_line: 0,
        over: false,
    };
    let events = stream::unfold(following, |mut following| async move {
        let event = following.next().await?;
        Some((Ok(event), following))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Following {
    /// The next event; none after the run is over, or where the database fails: the client asks again.
    async fn next(&mut self) -> Option<Event> {
        if self.over {
            return None;
        }
        loop {
            let pool = self.app.db.pool();
            let lines = runs::logs(pool, &self.run.tenant, &self.run.id, self.seen_line, LINES)
                .await
                .ok()?;
            if let Some(last) = lines.last() {
                self.seen_line = last.seq;
                let lines: Vec<LogLine> = lines.into_iter().map(LogLine::from).collect();
                return Event::default().event("log").json_data(lines).ok();
            }
            self.run = runs::find(pool, &self.run.tenant, &self.run.id)
                .await
                .ok()??;
            if self.run.version != self.seen_version {
                self.seen_version = self.run.version;
                self.over = self.run.state.is_over();
                return Event::default()
                    .event("run")
                    .json_data(Run::from(self.run.clone()))
                    .ok();
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
