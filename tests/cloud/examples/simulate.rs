//! The simulated cloud as a program of its own: one JSON line on stdout, then it serves until it is terminated.

use std::io::Write as _;

use writeback_cloud::{Cloud, Options};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cloud = Cloud::start(Options::default()).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::to_string(cloud.description())?)?;
    out.flush()?;
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
    cloud.stop().await;
    Ok(())
}
