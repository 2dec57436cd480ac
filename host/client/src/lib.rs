//! The remote side of the `writeback` command: what `writeback --server URL …` does. It speaks to a server's API and knows no sandbox.
#![forbid(unsafe_code)]

mod cli;
mod connect;
mod desk;
mod document;
mod error;
mod http;
mod io;
mod render;
mod secret;
mod sse;
mod token;
mod verbs;

use std::ffi::OsString;

use clap::Parser as _;
use writeback_policy::Exit;

use crate::desk::Desk;

pub use error::Error;
pub use http::{Answer, Api, Ask};
pub use io::{Io, Variables};
pub use reqwest::Method;

/// The API of the server at `url`, for a program that asks by itself.
///
/// # Errors
/// The URL or the token is none, or plain HTTP would leave this machine.
pub fn api(url: &str, token: &str) -> Result<Api, Error> {
    let url = connect::address(url, false)?;
    let client = connect::client(&url, None)?;
    Ok(Api::new(client, url, token::header_of(token)?))
}

/// Options that may stand before the verb and have a value of their own.
const WITH_VALUE: [&str; 5] = [
    "--token-file",
    "--ca-file",
    "--tenant",
    "--config",
    "--color",
];

/// Whether these arguments (the program's name first) are for a server: `--server` stands before the verb.
pub fn is_remote(args: impl IntoIterator<Item = impl Into<OsString>>) -> bool {
    let mut args = args.into_iter().skip(1).map(Into::into);
    while let Some(arg) = args.next() {
        let Some(text) = arg.to_str() else {
            return false;
        };
        if text == "--server" || text.starts_with("--server=") {
            return true;
        }
        if WITH_VALUE.contains(&text) {
            args.next();
        } else if text == "--" || !text.starts_with('-') {
            return false;
        }
    }
    false
}

/// Does what the arguments (the program's name first) ask for, and says how it went.
pub async fn run(args: impl IntoIterator<Item = impl Into<OsString> + Clone>, io: Io) -> Exit {
    let cli = match cli::Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return explained(&error, io),
    };
    let mut desk = match Desk::open(&cli, io) {
        Ok(desk) => desk,
        Err((error, io)) => return told(&error, io),
    };
    match verbs::dispatch(&cli.command, &mut desk).await {
        Ok(exit) => exit,
        Err(error) => told(&error, desk.io),
    }
}

/// What clap has to say: help goes to stdout, a mistake to stderr.
fn explained(error: &clap::Error, mut io: Io) -> Exit {
    let text = match io.color {
        true => error.render().ansi().to_string(),
        false => error.render().to_string(),
    };
    match error.use_stderr() {
        true => {
            io.tell(&text);
            Exit::Configuration
        }
        false => {
            let _ = io.print(&text);
            Exit::Done
        }
    }
}

fn told(error: &Error, mut io: Io) -> Exit {
    let text = error.text(io.color);
    io.tell(&text);
    error.exit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_counts_before_the_verb_alone() {
        let remote = |line: &str| is_remote(line.split(' '));
        assert!(remote("writeback --server http://localhost:1 job list"));
        assert!(remote(
            "writeback --tenant job --quiet --server=http://localhost:1 job list"
        ));
        assert!(!remote("writeback run --server http://localhost:1"));
        assert!(!remote("writeback --config --server run"));
        assert!(!remote("writeback -- --server x"));
        assert!(!remote("writeback"));
    }
}
