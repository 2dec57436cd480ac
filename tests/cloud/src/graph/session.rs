//! One upload session: which fragment it takes next, and every fragment that it refuses. Pure but for its spool.

use std::sync::Arc;

use axum::http::{HeaderMap, header};

use super::conflict::Conflict;
use super::refusal::{Answer, Refusal, text};
use super::spool::Spool;

/// Fragments other than the last must end on this grid: 320 KiB.
const GRID: u64 = 327_680;
/// A fragment must be smaller than this: 60 MiB.
const FRAGMENT: u64 = 60 << 20;
/// The largest file that SharePoint takes: 250 GB.
const FILE: u64 = 250 << 30;

/// An open upload session.
#[derive(Clone)]
pub struct Session {
    /// In the upload URL.
    pub guid: String,
    /// The pre-authentication in the upload URL.
    pub tempauth: String,
    /// Whether `tempauth` still opens it.
    pub authorised: bool,
    /// The library.
    pub drive: String,
    /// The folder that gets the file.
    pub parent: String,
    /// The name asked for.
    pub name: String,
    /// When the name is taken at the end.
    pub conflict: Conflict,
    /// `If-Match` of the creation, checked again at the end.
    pub if_match: Option<String>,
    /// Client of the app that opened it.
    pub client: String,
    /// Total bytes, from `fileSize` or the first fragment.
    pub total: Option<u64>,
    /// Whether only a `POST` makes the file.
    pub deferred: bool,
    /// `fileSystemInfo` to set.
    pub times: Option<serde_json::Value>,
    /// The bytes.
    pub spool: Arc<Spool>,
}

/// A fragment that may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Bytes of it.
    pub length: u64,
    /// Bytes of the whole file.
    pub total: u64,
    /// Whether it ends the file.
    pub last: bool,
}

impl Session {
    /// Judges a fragment by its headers.
    ///
    /// # Errors
    /// 400 for a malformed one, 416 for one out of turn, 413 for a file above 250 GB.
    pub fn admit(&self, headers: &HeaderMap) -> Answer<Fragment> {
        let length = content_length(headers)?;
        let range = text(headers, header::CONTENT_RANGE.as_str());
        let (start, end, total) = content_range(range)?;
        if self.total.is_some_and(|known| known != total) {
            return Err(Refusal::invalid(
                "The Content-Range total does not match that of the upload session.",
            ));
        }
        if total > FILE {
            return Err(Refusal::new(
                413,
                "maxFileSizeExceeded",
                "The file exceeds the maximum size.",
            ));
        }
        if end - start + 1 != length {
            return Err(Refusal::invalid(
                "The Content-Range header length does not match the provided number of bytes.",
            ));
        }
        if length >= FRAGMENT {
            return Err(Refusal::invalid(
                "The fragment must be smaller than 60 MiB.",
            ));
        }
        let last = end + 1 == total;
        if !last && !length.is_multiple_of(GRID) && !(end + 1).is_multiple_of(GRID) {
            return Err(Refusal::invalid(
                "The fragment's length must be a multiple of 327680 bytes, except the last.",
            ));
        }
        self.in_turn(start)?;
        Ok(Fragment {
            length,
            total,
            last,
        })
    }

    fn in_turn(&self, start: u64) -> Answer<()> {
        let received = self.spool.received();
        let refusal = Refusal::new(
            416,
            "invalidRange",
            "The uploaded fragment overlaps with data that has already been received.",
        );
        match start.cmp(&received) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Less => Err(refusal.inner("fragmentOverlap")),
            std::cmp::Ordering::Greater => {
                let message = "Uploaded fragments must be sent in order.".to_owned();
                Err(Refusal { message, ..refusal }.inner("fragmentOutOfOrder"))
            }
        }
    }

    /// What is still missing, as SharePoint tells it: one closed range, open while the total is unknown, none at the end.
    pub fn expected(&self) -> Vec<String> {
        let received = self.spool.received();
        match self.total {
            None => vec![format!("{received}-")],
            Some(total) if received >= total => Vec::new(),
            Some(total) => vec![format!("{received}-{}", total - 1)],
        }
    }
}

/// The `Content-Length` that every upload must have.
///
/// # Errors
/// 400 for a chunked body, or without a length.
pub fn content_length(headers: &HeaderMap) -> Answer<u64> {
    let unknown =
        "The size of the provided stream is not known. Please specify the size of the stream.";
    match text(headers, header::CONTENT_LENGTH.as_str()) {
        Some(value) if !headers.contains_key(header::TRANSFER_ENCODING) => value
            .parse()
            .map_err(|_| Refusal::invalid("The Content-Length header is malformed.")),
        _ => Err(Refusal::invalid(unknown)),
    }
}

fn content_range(value: Option<&str>) -> Answer<(u64, u64, u64)> {
    let value = value.ok_or_else(|| Refusal::invalid("The Content-Range header is missing."))?;
    let malformed = || Refusal::invalid("The Content-Range header is malformed.");
    let (range, total) = value
        .strip_prefix("bytes ")
        .and_then(|rest| rest.split_once('/'))
        .ok_or_else(malformed)?;
    if total == "*" {
        return Err(Refusal::invalid(
            "The Content-Range header must include a total length.",
        ));
    }
    let (start, end) = range.split_once('-').ok_or_else(malformed)?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| text.parse::<u64>().ok())
            .flatten()
            .ok_or_else(malformed)
    };
    let (start, end, total) = (number(start)?, number(end)?, number(total)?);
    if start > end || end >= total {
        return Err(malformed());
    }
    Ok((start, end, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(dir: &tempfile::TempDir, total: Option<u64>) -> Session {
        Session {
            guid: "g".into(),
            tempauth: "t".into(),
            authorised: true,
            drive: "d".into(),
            parent: "p".into(),
            name: "a.csv".into(),
            conflict: Conflict::Fail,
            if_match: None,
            client: "c".into(),
            total,
            deferred: false,
            times: None,
            spool: Arc::new(Spool::create(&dir.path().join("spool")).unwrap()),
        }
    }

    fn admit(session: &Session, length: u64, range: &str) -> Result<Fragment, (u16, &'static str)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, length.into());
        headers.insert(header::CONTENT_RANGE, range.parse().unwrap());
        session
            .admit(&headers)
            .map_err(|refusal| (refusal.status, refusal.inner.unwrap_or(refusal.code)))
    }

    #[test]
    fn a_wrong_fragment_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let session = session(&dir, Some(1_000_000));
        for (length, range, expected) in [
            (100, "bytes 0-99/*", (400, "invalidRequest")),
            (100, "0-99/1000000", (400, "invalidRequest")),
            (100, "bytes 0-99/100", (400, "invalidRequest")),
            (0, "bytes 0--1/0", (400, "invalidRequest")),
            (327_680, "bytes 0-327678/1000000", (400, "invalidRequest")),
            (327_681, "bytes 0-327680/1000000", (400, "invalidRequest")),
            (
                327_680,
                "bytes 327680-655359/1000000",
                (416, "fragmentOutOfOrder"),
            ),
        ] {
            assert_eq!(admit(&session, length, range), Err(expected), "{range}");
        }
    }

    #[test]
    fn sixty_mebibytes_are_too_many() {
        let dir = tempfile::tempdir().unwrap();
        let session = session(&dir, None);
        let refused = admit(&session, 62_914_560, "bytes 0-62914559/99614720");
        assert_eq!(refused, Err((400, "invalidRequest")));
        assert!(admit(&session, 62_586_880, "bytes 0-62586879/99614720").is_ok());
        assert_eq!(
            admit(&session, 327_680, "bytes 0-327679/268435456001"),
            Err((413, "maxFileSizeExceeded"))
        );
    }

    #[test]
    fn the_missing_range_is_closed_and_overlap_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let session = session(&dir, Some(10));
        assert_eq!(session.expected(), ["0-9"]);
        let turn = session.spool.begin().unwrap();
        session.spool.append(turn, b"12345").unwrap().unwrap();
        session.spool.accept(turn);
        assert_eq!(session.expected(), ["5-9"]);
        assert_eq!(
            admit(&session, 10, "bytes 0-9/10"),
            Err((416, "fragmentOverlap"))
        );
        let rest = Fragment {
            length: 5,
            total: 10,
            last: true,
        };
        assert_eq!(admit(&session, 5, "bytes 5-9/10"), Ok(rest));
    }

    #[test]
    fn a_fragment_needs_its_length() {
        let dir = tempfile::tempdir().unwrap();
        let session = session(&dir, Some(10));
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_RANGE, "bytes 0-9/10".parse().unwrap());
        assert_eq!(session.admit(&headers).unwrap_err().status, 400);
        headers.insert(header::TRANSFER_ENCODING, "chunked".parse().unwrap());
        assert_eq!(session.admit(&headers).unwrap_err().status, 400);
        headers.clear();
        headers.insert(header::CONTENT_LENGTH, 10.into());
        assert_eq!(session.admit(&headers).unwrap_err().code, "invalidRequest");
    }
}
