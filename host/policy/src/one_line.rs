//! A secret's value as people keep it: a line, with or without its end.

use zeroize::Zeroizing;

use crate::config::SecretSource;

/// The value that was read from `source`. One line break at its end is not part of it.
///
/// # Errors
/// What is wrong with the value, without the value.
pub fn one_line(source: &SecretSource, value: &[u8]) -> Result<Zeroizing<String>, String> {
    let text = std::str::from_utf8(value).map_err(|_| format!("{source} is not UTF-8"))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    // Control characters cannot be part of a header or of what people paste.
    if line.is_empty() || line.chars().any(char::is_control) {
        return Err(format!(
            "{source} is empty or holds control characters\nhint: it must hold the secret alone, on one line"
        ));
    }
    Ok(Zeroizing::new(line.to_owned()))
}
