//! What applies to the whole command, resolved once: flag, then environment, then default. Reads no files.

use std::io::IsTerminal;
use std::path::PathBuf;

use crate::cli::{Color, Options};
use crate::render::paint::{Paint, Tone};

/// What every verb needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file with the accounts.
    pub config: PathBuf,
    /// How much to tell on stderr.
    pub talk: Talk,
    /// Whether stderr is a terminal that a bar can be drawn on.
    pub terminal: bool,
    /// Colours of stdout.
    pub stdout: Paint,
    /// Colours of stderr.
    pub stderr: Paint,
}

/// How much to tell on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Talk {
    /// Errors only.
    Quiet,
    /// Progress, notes and warnings.
    Normal,
    /// Also what the connector reports as information.
    Verbose,
    /// Everything.
    Debug,
}

impl Settings {
    /// From what was typed and the environment.
    pub fn resolve(options: &Options) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let paint = |terminal| Paint::new(wants_color(options.color, no_color, terminal && !dumb));
        let terminal = std::io::stderr().is_terminal();
        Self {
            config: options.config.clone(),
            talk: talk(options.quiet, options.verbose),
            terminal: terminal && !dumb,
            stdout: paint(std::io::stdout().is_terminal()),
            stderr: paint(terminal),
        }
    }

    /// One line on stderr behind a word such as `warning:`, unless nothing is to be told.
    pub fn tell(&self, label: &str, text: &str) {
        if self.talk > Talk::Quiet {
            eprintln!("{} {text}", self.stderr.tone(Tone::Doubtful, label));
        }
    }
}

fn talk(quiet: bool, verbose: u8) -> Talk {
    match (quiet, verbose) {
        (true, _) => Talk::Quiet,
        (_, 0) => Talk::Normal,
        (_, 1) => Talk::Verbose,
        _ => Talk::Debug,
    }
}

fn wants_color(asked: Color, no_color: bool, terminal: bool) -> bool {
    match asked {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && !no_color,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_outranks_no_color_and_the_terminal() {
        assert!(wants_color(Color::Always, true, false));
        assert!(!wants_color(Color::Never, false, true));
        assert!(!wants_color(Color::Auto, true, true));
        assert!(!wants_color(Color::Auto, false, false));
        assert!(wants_color(Color::Auto, false, true));
    }

    #[test]
    fn verbosity_grows_with_each_v() {
        assert_eq!(
            [
                talk(true, 0),
                talk(false, 0),
                talk(false, 1),
                talk(false, 7)
            ],
            [Talk::Quiet, Talk::Normal, Talk::Verbose, Talk::Debug]
        );
    }
}
