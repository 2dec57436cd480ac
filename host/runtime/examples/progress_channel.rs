//! Runs one job and sends what happens through channels: to a page, a queue, a log.
//!
//! `cargo run -- simulate` keeps a simulated cloud running and prints where its `config` and `job` are. Beside it:
//! `cargo run --example progress_channel -- CONFIG JOB`.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use writeback_host::{Engine, EngineOptions, Level, Progress, Step, Tenant, config};

/// The newest step, since the ones before are of no interest any more, and all lines, of which a run has
/// no more than `limits.log_lines`. Neither makes the run wait.
struct Channels {
    step: watch::Sender<Option<Step>>,
    lines: mpsc::UnboundedSender<(Level, String)>,
}

impl Progress for Channels {
    fn report(&self, step: Step) {
        self.step.send_replace(Some(step));
    }

    fn log(&self, level: Level, text: &str) {
        // Whoever has stopped listening need not be told.
        let _ = self.lines.send((level, text.to_owned()));
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(config), Some(job)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: progress_channel CONFIG JOB");
    };
    let folder = Path::new(&config).parent().unwrap_or(Path::new("."));
    let tenant = Tenant::new(config::parse(&read(&config)?, folder)?.into_tenant())?;
    let connector = Engine::new(EngineOptions::default())?.load(writeback_component::BYTES)?;

    let (step, mut steps) = watch::channel(None);
    let (line, mut lines) = mpsc::unbounded_channel();
    let channels = Channels { step, lines: line };
    let run = connector.run(&tenant).progress(Arc::new(channels));
    let job = read(&job)?.to_string();
    // A task of its own, so that it goes on whatever its listeners do. The channels close with it.
    let running = tokio::spawn(async move { run.run(&job).await });
    loop {
        tokio::select! {
            Some((level, text)) = lines.recv() => eprintln!("{level:?}: {text}"),
            Ok(()) = steps.changed() => {
                if let Some(step) = *steps.borrow_and_update() {
                    eprintln!("{}", told(step));
                }
            }
            else => break,
        }
    }
    println!("{}", running.await??);
    Ok(())
}

fn told(step: Step) -> String {
    match step {
        Step::Exporting(bytes) => format!("{bytes} bytes exported"),
        Step::Uploading(sent, total) => format!("{sent} of {total} bytes uploaded"),
        Step::Waiting(milliseconds) => format!("trying again in {milliseconds} ms"),
        // There may be more one day: a step is nothing that a program has to know.
        other => format!("{other:?}"),
    }
}

fn read(file: &str) -> anyhow::Result<Value> {
    Ok(toml::from_str(&std::fs::read_to_string(file)?)?)
}
