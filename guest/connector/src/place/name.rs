//! What SharePoint can hold as the name of a file or folder.
//!
//! The rules are those of Microsoft's page on restrictions and limitations
//! (support article 64883a5d). Pure text: it asks no server.

use std::fmt;

/// The most characters of a decoded path below the host.
pub const PATH_MOST: usize = 400;
/// The most characters of one name.
const NAME_MOST: usize = 255;
const FORBIDDEN: [char; 9] = ['"', '*', ':', '<', '>', '?', '/', '\\', '|'];

/// A rule that a name breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// It is empty.
    Empty,
    /// It has a character that no name may have.
    Character(char),
    /// It has a control character.
    Control,
    /// It begins or ends with a space.
    Space,
    /// It ends with a full stop.
    Stop,
    /// It is a reserved word.
    Reserved(String),
    /// It begins with `~$` (or, a folder, with `~`).
    Tilde(&'static str),
    /// It has `_vti_` in it.
    Vti,
    /// It is `forms` at the root of a library.
    Forms,
    /// It is too long.
    Length(usize),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a name must not be empty"),
            Self::Character(c) => write!(f, "SharePoint allows no `{c}` in a name"),
            Self::Control => f.write_str("SharePoint allows no control characters in a name"),
            Self::Space => f.write_str("a name must not begin or end with a space"),
            Self::Stop => f.write_str("a name must not end with a full stop"),
            Self::Reserved(word) => write!(f, "SharePoint keeps `{word}` for itself"),
            Self::Tilde(start) => write!(f, "the name must not begin with `{start}`"),
            Self::Vti => f.write_str("SharePoint allows no `_vti_` in a name"),
            Self::Forms => {
                f.write_str("SharePoint keeps `forms` at the root of a library for itself")
            }
            Self::Length(n) => write!(f, "a name has at most 255 characters, this one has {n}"),
        }
    }
}

/// Adds `.csv` where it is missing.
pub fn with_extension(name: &str) -> String {
    match name.to_ascii_lowercase().ends_with(".csv") {
        true => name.to_owned(),
        false => format!("{name}.csv"),
    }
}

/// Checks a file's name as it was given, and as it will be with its extension.
pub fn check_file(given: &str) -> Result<(), Rule> {
    // `.csv` alone is what an empty name becomes.
    if given.eq_ignore_ascii_case(".csv") {
        return Err(Rule::Empty);
    }
    check(given)?;
    check(&with_extension(given))
}

/// Checks a folder's name.
pub fn check_folder(name: &str, at_root: bool) -> Result<(), Rule> {
    check(name)?;
    if name.starts_with('~') {
        return Err(Rule::Tilde("~"));
    }
    match at_root && name.eq_ignore_ascii_case("forms") {
        true => Err(Rule::Forms),
        false => Ok(()),
    }
}

fn check(name: &str) -> Result<(), Rule> {
    if name.is_empty() {
        return Err(Rule::Empty);
    }
    if let Some(c) = name.chars().find(|c| FORBIDDEN.contains(c)) {
        return Err(Rule::Character(c));
    }
    if name.chars().any(char::is_control) {
        return Err(Rule::Control);
    }
    if name.starts_with(' ') || name.ends_with(' ') {
        return Err(Rule::Space);
    }
    if name.ends_with('.') {
        return Err(Rule::Stop);
    }
    if let Some(word) = reserved(name) {
        return Err(Rule::Reserved(word));
    }
    if name.starts_with("~$") {
        return Err(Rule::Tilde("~$"));
    }
    if name.to_ascii_lowercase().contains("_vti_") {
        return Err(Rule::Vti);
    }
    let length = name.encode_utf16().count();
    match length > NAME_MOST {
        true => Err(Rule::Length(length)),
        false => Ok(()),
    }
}

/// A reserved word that the name is, or has before its first full stop: Windows
/// keeps its device names with any extension.
fn reserved(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    if [".lock", "desktop.ini"].contains(&lower.as_str()) {
        return Some(name.to_owned());
    }
    let stem = lower.split('.').next().unwrap_or_default();
    let device = ["con", "prn", "aux", "nul"].contains(&stem);
    let port = stem
        .strip_prefix("com")
        .or_else(|| stem.strip_prefix("lpt"));
    let numbered = port.is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit());
    (device || numbered).then(|| stem.to_uppercase())
}

/// The nearest file name (without extension) that SharePoint can hold.
pub fn mend(name: &str) -> String {
    let bad = |c: char| FORBIDDEN.contains(&c) || c.is_control();
    let mended = without_vti(name.chars().map(|c| if bad(c) { '_' } else { c }).collect());
    let cut: String = mended.trim_matches([' ', '.']).chars().take(120).collect();
    let mut mended = cut.trim_matches([' ', '.']).to_owned();
    if mended.is_empty() {
        mended = "dataset".to_owned();
    }
    match check_file(&mended) {
        Ok(()) => mended,
        // `~$vti_` would become what no name may hold.
        Err(_) => without_vti(format!("_{}", mended.replace("~$", "_"))),
    }
}

fn without_vti(mut name: String) -> String {
    while let Some(at) = name.to_ascii_lowercase().find("_vti_") {
        name.replace_range(at..at + 5, "-vti-");
    }
    name
}

#[cfg(test)]
mod tests;
