//! What is inside a vault: JSON with a version, each value in base64, so that any bytes can be one. No error
//! repeats what it holds.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Entries;

const VERSION: u32 = 1;

/// Values are borrowed from the decrypted text, which is wiped, and never copied.
#[derive(Serialize, Deserialize)]
struct Document<'a> {
    version: u32,
    #[serde(borrow)]
    secrets: BTreeMap<String, &'a str>,
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

pub(super) fn read(text: &[u8]) -> Result<Entries, String> {
    match serde_json::from_slice(text) {
        Ok(Versioned { version: VERSION }) => {}
        Ok(Versioned { version }) => {
            return Err(format!(
                "is of version {version}, and this program reads version {VERSION}"
            ));
        }
        Err(_) => return Err("holds something else than secrets".to_owned()),
    }
    let document: Document<'_> =
        serde_json::from_slice(text).map_err(|_| "holds something else than secrets".to_owned())?;
    let decoded = document.secrets.into_iter().map(|(name, value)| {
        let value = STANDARD.decode(value).ok()?;
        Some((name, Zeroizing::new(value)))
    });
    let entries: Option<Entries> = decoded.collect();
    entries.ok_or_else(|| "holds an entry that is not base64".to_owned())
}

pub(super) fn write(entries: &Entries) -> Result<Zeroizing<Vec<u8>>, String> {
    let encoded: Vec<(&String, Zeroizing<String>)> = entries
        .iter()
        .map(|(name, value)| (name, Zeroizing::new(STANDARD.encode(value))))
        .collect();
    let room: usize = encoded
        .iter()
        .map(|(name, value)| 6 * name.len() + value.len() + 16)
        .sum();
    let document = Document {
        version: VERSION,
        secrets: encoded
            .iter()
            .map(|(name, value)| ((*name).clone(), value.as_str()))
            .collect(),
    };
    // Room for all of it at once: growing would leave copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(room + 64));
    serde_json::to_writer(&mut *text, &document).map_err(|error| error.to_string())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_and_any_bytes_come_back() {
        let pairs: [(&str, &[u8]); 3] = [
            ("domo.client_secret", b"s3cret"),
            ("a \"quoted\" ü", &[0, 255, 10, 34]),
            ("empty", b""),
        ];
        let entries: Entries = pairs
            .map(|(name, value)| (name.to_owned(), Zeroizing::new(value.to_vec())))
            .into();
        let text = write(&entries).unwrap();
        assert!(!text.windows(6).any(|window| window == b"s3cret"));
        assert_eq!(read(&text).unwrap(), entries);
    }

    #[test]
    fn what_is_wrong_is_not_repeated() {
        for text in [
            "hunter2",
            r#"{"version":1,"secrets":{"a":["hunter2"]}}"#,
            r#"{"version":1,"secrets":{"a":"hunter2!"}}"#,
            r#"{"version":2,"secrets":{"a":"hunter2"}}"#,
            r#"{"version":"hunter2"}"#,
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
        let error = read(br#"{"version":2,"anything":5}"#).unwrap_err();
        assert_eq!(error, "is of version 2, and this program reads version 1");
    }
}
