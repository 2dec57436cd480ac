//! The command: a job on stdin, a receipt on stdout, everything else on stderr.

use serde_json::Value;

use crate::call::{self, JOB_BYTES, Unreadable, write};
use crate::ended::Failed;
use crate::route::Route;

wit_bindgen::generate!({
    path: ["../../wit", "../adapter/wit"],
    world: "writeback:portable/cli",
    with: {
        "wasi:io/error@0.2.12": crate::call::wasi::io::error,
        "wasi:io/poll@0.2.12": crate::call::wasi::io::poll,
        "wasi:io/streams@0.2.12": crate::call::wasi::io::streams,
    },
    generate_all,
});

use exports::wasi::cli::run::Guest;
use wasi::cli::{environment, exit, stderr, stdin, stdout};

struct Command;
export!(Command);

impl Guest for Command {
    fn run() -> Result<(), ()> {
        let words: Vec<String> = environment::get_arguments().into_iter().skip(1).collect();
        let (job, failed) = match run(&words) {
            Ok(answer) => {
                write(&stdout::get_stdout(), &format!("{answer}\n"));
                return Ok(());
            }
            Err(ended) => ended,
        };
        write(&stderr::get_stderr(), &failed.text());
        write(&stdout::get_stdout(), &format!("{}\n", failed.report(&job)));
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
    let document = match route {
        Route::Describe => String::new(),
        _ => begin().map_err(nameless)?,
    };
    let answer = call::answer(&route, &document).map_err(|failed| (document, failed))?;
    Ok(match route {
        Route::Describe => answer,
        _ => one_line(answer),
    })
}

/// However the connector breaks its lines.
fn one_line(answer: String) -> String {
    serde_json::from_str::<Value>(&answer).map_or(answer, |value| value.to_string())
}

fn begin() -> Result<String, Failed> {
    let document = match call::setting("WRITEBACK_JOB_TEXT") {
        Some(text) => text,
        None => read()?,
    };
    call::begin(&document)
}

fn read() -> Result<String, Failed> {
    let none = || {
        Failed::usage(
            "there is no job on stdin, or it is not UTF-8",
            "give it there, TOML or JSON, or in `WRITEBACK_JOB_TEXT`",
        )
    };
    let text = call::read(&stdin::get_stdin()).map_err(|unreadable| match unreadable {
        Unreadable::NotUtf8 => none(),
        Unreadable::TooLarge => {
            let why = format!("the job has more than {JOB_BYTES} bytes");
            Failed::usage(&why, "give one job on stdin")
        }
        Unreadable::Broken(why) => {
            let why = format!("stdin cannot be read: {why}");
            Failed::usage(&why, "give the job in `WRITEBACK_JOB_TEXT`")
        }
    })?;
    match text.trim().is_empty() {
        true => Err(none()),
        false => Ok(text),
    }
}
