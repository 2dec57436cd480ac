//! A Markdown file with generated parts, each between `<!-- NAME -->` and `<!-- /NAME -->`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

/// The file and its text.
pub struct Document {
    path: PathBuf,
    text: String,
}

impl Document {
    pub fn open(path: PathBuf) -> Result<Self> {
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(Self { path, text })
    }

    /// Puts a generated part in the place of what was there.
    pub fn replace(&mut self, name: &str, part: &str) -> Result<()> {
        let (open, close) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
        let begin = self.text.find(&open).map(|at| at + open.len());
        let range = begin
            .zip(self.text.find(&close))
            .filter(|(begin, end)| begin <= end);
        let (begin, end) = range.with_context(|| {
            let path = self.path.display();
            format!("`{path}` has no place for `{name}`\nhint: write `{open}` and `{close}` where it belongs")
        })?;
        self.text
            .replace_range(begin..end, &format!("\n\n{}\n\n", part.trim()));
        Ok(())
    }

    pub fn write(&self) -> Result<()> {
        fs::write(&self.path, &self.text)
            .with_context(|| format!("cannot write `{}`", self.path.display()))
    }
}
