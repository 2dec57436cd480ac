//! Serves the API on a fake sandbox, for programs that try it out: the address and the tokens are printed, and it ends with its
//! standard input.

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod support;

use std::error::Error;
use std::io::Read as _;

use serde_json::json;
use support::{World, done};
use writeback_server::api;
use writeback_server::db::Kind;

fn main() {
    support::run(Kind::Sqlite, |world| async move {
        serve(world).await.expect("the API is served");
    });
}

async fn serve(world: World) -> Result<(), Box<dyn Error>> {
    world.runner.always(|_| done());
    let tenant = world.tenant("finance").await;
    world.job(&tenant, "sales").await;
    world.start(&tenant, "sales").await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let made = json!({
        "url": format!("http://{}", listener.local_addr()?),
        "installation": world.root,
        "admin": tenant.admin,
    });
    println!("{made}");
    let (end, ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let read = std::io::stdin().read_to_end(&mut Vec::new());
        end.send(read)
    });
    axum::serve(listener, api::router(world.app.clone()))
        .with_graceful_shutdown(async move { drop(ended.await) })
        .await?;
    Ok(())
}
