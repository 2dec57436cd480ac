//! The command: a job on stdin, a receipt on stdout, everything else on stderr.

use serde_json::Value;

use crate::ended::Failed;
use crate::route::{Route, query};

wit_bindgen::generate!({
    path: ["../../wit", "../adapter/wit"],
    world: "writeback:portable/cli",
    generate_all,
});

use exports::wasi::cli::run::Guest;
use wasi::cli::{environment, exit, stderr, stdin, stdout};
use wasi::io::streams::{OutputStream, StreamError};
use writeback::connector::types::Failure;
use writeback::connector::writeback as connector;
use writeback::portable::session;

struct Command;
export!(Command);

/// Larger jobs are not written by anyone.
const JOB_BYTES: usize = 1 << 20;
/// What a stream takes at a time.
const WRITE_BYTES: usize = 4096;

impl Guest for Command {
    fn run() -> Result<(), ()> {
        let words: Vec<String> = environment::get_arguments().into_iter().skip(1).collect();
        let (job, failed) = match run(&words) {
            Ok(answer) => {
                print(&stdout::get_stdout(), &format!("{answer}\n"));
                return Ok(());
            }
            Err(ended) => ended,
        };
        print(&stderr::get_stderr(), &failed.text());
        print(&stdout::get_stdout(), &format!("{}\n", failed.report(&job)));
        exit::exit_with_code(failed.exit().code());
        Err(())
    }
}

/// The answer, or the job as far as it was read and what went wrong.
fn run(words: &[String]) -> Result<String, (String, Failed)> {
    let nameless = |failed: Failed| (String::new(), failed);
    let route = Route::of_words(words).ok_or_else(|| {
        nameless(Failed::usage(
            &format!("`{}` is not known", words.join(" ")),
            "say `run`, `check`, `describe` or `browse datasets|sites|libraries|folders`",
        ))
    })?;
    if route == Route::Describe {
        return Ok(connector::describe());
    }
    let document = document().map_err(nameless)?;
    let document = session::begin(&document).map_err(|failure| nameless(failure.into()))?;
    let answer = match &route {
        Route::Browse(list) => connector::browse(&query(&document, list.as_deref())),
        Route::Check => connector::check(&document),
        _ => run_job(&document),
    };
    let answer = answer.map_err(|failure| (document, failure.into()))?;
    // One line, however the connector breaks them.
    Ok(serde_json::from_str::<Value>(&answer).map_or(answer, |value| value.to_string()))
}

fn run_job(job: &str) -> Result<String, Failure> {
    let resume = session::resume(job)?;
    let ended = connector::run(job, resume.as_deref());
    let keep = match &ended {
        Ok(_) => false,
        Err(failure) => Failed::from(failure.clone()).may_go_on(),
    };
    session::end(keep);
    ended
}

fn document() -> Result<String, Failed> {
    if let Some(text) = session::setting("WRITEBACK_JOB_TEXT") {
        return Ok(text);
    }
    let stdin = stdin::get_stdin();
    let mut bytes = Vec::new();
    loop {
        match stdin.blocking_read(64 << 10) {
            Ok(more) => bytes.extend_from_slice(&more),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => {
                let why = format!("stdin cannot be read: {}", error.to_debug_string());
                return Err(Failed::usage(&why, "give the job in `WRITEBACK_JOB_TEXT`"));
            }
        }
        if bytes.len() > JOB_BYTES {
            let why = format!("the job has more than {JOB_BYTES} bytes");
            return Err(Failed::usage(&why, "give one job on stdin"));
        }
    }
    let text = String::from_utf8(bytes).ok();
    text.filter(|text| !text.trim().is_empty()).ok_or_else(|| {
        Failed::usage(
            "there is no job on stdin, or it is not UTF-8",
            "give it there, TOML or JSON, or in `WRITEBACK_JOB_TEXT`",
        )
    })
}

fn print(stream: &OutputStream, text: &str) {
    for part in text.as_bytes().chunks(WRITE_BYTES) {
        if stream.blocking_write_and_flush(part).is_err() {
            break;
        }
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self::new(
            failure.code,
            failure.message,
            failure.hint,
            failure.retry_after,
        )
    }
}
