//! Aligned `label  value` lines, with further lines of a value below the first.

use std::fmt::Write as _;

use crate::render::paint::{Paint, Tone};

/// Lines to come, in order.
#[derive(Debug, Default)]
pub struct Fields {
    lines: Vec<(&'static str, String)>,
}

impl Fields {
    /// Adds a line; an empty value is left out, an empty label continues the line above.
    pub fn add(&mut self, label: &'static str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.lines.push((label, value));
        }
    }

    /// All lines, labels padded to the widest.
    pub fn text(&self, paint: Paint) -> String {
        let widest = self
            .lines
            .iter()
            .map(|(label, _)| label.len())
            .max()
            .unwrap_or(0);
        self.lines
            .iter()
            .fold(String::new(), |mut text, (label, value)| {
                let _ = writeln!(
                    text,
                    "  {}  {value}",
                    paint.tone(Tone::Faint, &format!("{label:widest$}"))
                );
                text
            })
    }
}
