//! Which characters whoever shows a text would obey.

/// Control characters, and those that break a line or turn the direction of reading (Unicode Standard
/// Annex 9: a text could pretend to be another).
#[must_use]
pub fn steers(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
