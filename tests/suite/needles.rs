//! Searches bytes for secrets in every form in which they could lie there, whole or in part. Where secrets come from
//! and where bytes were found is not its business.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::json;

/// Bytes of a secret of which a piece is enough: no run of so many is the same by chance.
const PIECE: usize = 24;

/// Bytes that a line of PEM holds (RFC 7468, 2: 64 characters).
const PEM_LINE: usize = 48;

/// RFC 3986, 2.3: unreserved characters stand for themselves.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What must not be found, and what to call it.
#[derive(PartialEq)]
pub struct Secret {
    name: String,
    bytes: Vec<u8>,
}

impl Secret {
    /// A secret called `name`.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Secret {
        Secret {
            name: name.into(),
            bytes: bytes.into(),
        }
    }
}

/// All forms of all pieces of some secrets.
pub struct Needles {
    labels: Vec<String>,
    automaton: AhoCorasick,
}

impl Needles {
    /// The needles of these secrets.
    pub fn of(secrets: &[Secret]) -> Needles {
        let (mut labels, mut patterns) = (Vec::new(), Vec::new());
        for secret in secrets {
            for (form, pattern) in pieces(&secret.bytes).flat_map(forms) {
                labels.push(format!("{}, {form}", secret.name));
                patterns.push(pattern);
            }
        }
        let automaton = AhoCorasick::new(patterns).expect("an automaton");
        Needles { labels, automaton }
    }

    /// Which secrets are in `bytes`, and in what form.
    pub fn found(&self, bytes: impl AsRef<[u8]>) -> BTreeSet<String> {
        let hits = self.automaton.find_overlapping_iter(bytes.as_ref());
        hits.map(|hit| self.labels[hit.pattern().as_usize()].clone())
            .collect()
    }
}

/// A long secret's beginning, middle and end. The middle begins on a line of its PEM, if it has one.
fn pieces(secret: &[u8]) -> impl Iterator<Item = &[u8]> {
    assert!(secret.len() >= 8, "too short to be recognised");
    let last = secret.len().saturating_sub(PIECE);
    let starts = BTreeSet::from([0, last / 2 / PEM_LINE * PEM_LINE, last]);
    let piece = |start| &secret[start..secret.len().min(start + PIECE)];
    starts.into_iter().map(piece)
}

/// Every form in which a piece of a secret could be found.
fn forms(piece: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![("plain", piece.to_owned())];
    let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
    forms.push(("hex", hex.to_uppercase().into_bytes()));
    forms.push(("hex", hex.into_bytes()));
    for set in [NON_ALPHANUMERIC, UNRESERVED] {
        let percent = percent_encode(piece, set).to_string();
        forms.push(("percent-encoded", lower_escapes(&percent).into_bytes()));
        forms.push(("percent-encoded", percent.into_bytes()));
    }
    for escape in [
        |byte: &u8| format!("%{byte:02x}"),
        |byte: &u8| format!("%{byte:02X}"),
    ] {
        let all: String = piece.iter().map(escape).collect();
        forms.push(("percent-encoded", all.into_bytes()));
    }
    let form: String = url::form_urlencoded::byte_serialize(piece).collect();
    forms.push(("percent-encoded", form.into_bytes()));
    if let Ok(text) = std::str::from_utf8(piece) {
        let quoted = json!(text).to_string();
        forms.push(("in JSON", quoted[1..quoted.len() - 1].into()));
    }
    // Base64 has three alignments; the ends depend on what stands beside.
    for (shift, cut) in [(0, 0), (1, 2), (2, 3)] {
        let shifted = [&b"\0\0"[..shift], piece].concat();
        for encoded in [STANDARD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            let encoded = encoded.trim_end_matches('=');
            forms.push(("base64", encoded[cut..encoded.len() - 1].into()));
        }
    }
    forms
}

/// `%3A` as `%3a`; what is not escaped stays.
fn lower_escapes(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (digits, rest) = part.split_at(2);
        format!("{text}%{}{rest}", digits.to_lowercase())
    })
}

/// A secret as it could leak, each way with the form that must be found: written by other means than [`forms`].
pub fn planted(secret: &str) -> Vec<(&'static str, String)> {
    let digits = |digit: fn(u8) -> String| secret.bytes().map(digit).collect::<String>();
    let mut planted = vec![
        ("plain", secret.to_owned()),
        ("hex", digits(|byte| format!("{byte:02x}"))),
        ("hex", digits(|byte| format!("{byte:02X}"))),
        ("percent-encoded", digits(|byte| format!("%{byte:02x}"))),
        ("percent-encoded", digits(|byte| format!("%{byte:02X}"))),
        (
            "percent-encoded",
            percent_encode(secret.as_bytes(), NON_ALPHANUMERIC).to_string(),
        ),
    ];
    // What stands before it shifts base64.
    for before in ["", "i", "id", "id:"] {
        let beside = format!("{before}{secret}:x");
        planted.push(("base64", STANDARD.encode(&beside)));
        planted.push(("base64", URL_SAFE_NO_PAD.encode(&beside)));
    }
    planted
}
