//! The token that requests carry: from a file or a variable, never an argument. Nothing shows it.

use std::path::Path;

use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::io::Io;

const VARIABLE: &str = "WRITEBACK_TOKEN";

/// The header with the token.
pub fn header(file: Option<&Path>, io: &Io) -> Result<HeaderValue, Error> {
    let text = match file {
        Some(path) => in_file(path)?,
        None => in_variable(io)?,
    };
    header_of(&text)
}

/// The header with this token.
pub fn header_of(text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(&Zeroizing::new(format!("Bearer {}", text.trim())))
        .map_err(|_| {
            Error::configuration(
                "token-invalid",
                "the token holds characters that no token has",
            )
            .hint("it is one line that begins with `wbk_`, as `token create` printed it")
        })?;
    value.set_sensitive(true);
    Ok(value)
}

fn in_variable(io: &Io) -> Result<Zeroizing<String>, Error> {
    let value = io.variable(VARIABLE).ok_or_else(|| {
        Error::configuration("token-missing", "there is no token for the server").hint(format!(
            "set {VARIABLE}, or name a file with `--token-file FILE`"
        ))
    })?;
    value
        .into_string()
        .map(Zeroizing::new)
        .map_err(|_| Error::configuration("token-invalid", format!("{VARIABLE} is not text")))
}

fn in_file(path: &Path) -> Result<Zeroizing<String>, Error> {
    crate::secret::refuse_open_file(path)?;
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|cause| {
            Error::configuration(
                "token-unreadable",
                format!("cannot read the token in `{}`", path.display()),
            )
            .because(&cause)
        })
}
