//! Colours by meaning. Off means the text unchanged, so that every rendering reads without them.

use clap::builder::styling::{AnsiColor, Style};

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Went well.
    Good,
    /// Deserves a look.
    Doubtful,
    /// Failed.
    Bad,
    /// Labels and asides.
    Faint,
    /// Titles.
    Strong,
    /// What to act on.
    Accent,
}

/// Whether colours are used on one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// With or without colours.
    pub fn new(on: bool) -> Self {
        Self { on }
    }

    /// Without.
    #[cfg(test)]
    pub fn plain() -> Self {
        Self::new(false)
    }

    /// Whether colours are used.
    pub fn is_on(self) -> bool {
        self.on
    }

    /// `text` in the colour of `tone`.
    pub fn tone(self, tone: Tone, text: &str) -> String {
        if !self.on || text.is_empty() {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Doubtful => AnsiColor::Yellow.on_default(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
            Tone::Faint => Style::new().dimmed(),
            Tone::Strong => Style::new().bold(),
            Tone::Accent => AnsiColor::Cyan.on_default(),
        };
        format!("{style}{text}{style:#}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_leaves_the_text_alone_and_on_resets_after_it() {
        assert_eq!(Paint::plain().tone(Tone::Bad, "no"), "no");
        let painted = Paint::new(true).tone(Tone::Good, "yes");
        assert!(
            painted.starts_with("\u{1b}[") && painted.ends_with("\u{1b}[0m"),
            "{painted:?}"
        );
    }
}
