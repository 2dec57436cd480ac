//! What a component says, as text that whoever shows it does not obey. Words stay as they are.

use writeback_policy::steers;

/// One line of at most `chars` characters.
pub(crate) fn line(text: &str, chars: usize) -> String {
    text.chars().take(chars).map(tame).collect()
}

/// The same, with its line breaks.
pub(crate) fn lines(text: &str, chars: usize) -> String {
    let tame_but_breaks = |c| if c == '\n' { c } else { tame(c) };
    text.chars().take(chars).map(tame_but_breaks).collect()
}

/// A word for programs: lower case, digits and hyphens, at most `chars` of them.
pub(crate) fn word(text: &str, chars: usize) -> String {
    let plain = |c: char| match c {
        'a'..='z' | '0'..='9' => c,
        _ => '-',
    };
    text.chars().take(chars).map(plain).collect()
}

/// What would steer whoever shows it becomes a blank.
fn tame(c: char) -> char {
    if steers(c) { ' ' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line("a\r\n\u{1b}[2Jb", 100), "a   [2Jb");
        assert_eq!(line("a\u{202e}b\u{2028}c\u{9b}d", 100), "a b c d");
        assert_eq!(line(&"x".repeat(5000), 4096).len(), 4096);
        assert_eq!(line("Größe 5 %, ‘naïve’", 100), "Größe 5 %, ‘naïve’");
    }

    #[test]
    fn lines_keep_their_breaks_alone() {
        assert_eq!(lines("a\n\u{1b}b\rc", 100), "a\n b c");
    }

    #[test]
    fn a_word_is_a_word() {
        assert_eq!(word("rows-mismatch", 64), "rows-mismatch");
        assert_eq!(word("X\u{1b}[2J\n", 64), "---2--");
    }
}
