//! How bytes become the input of a target: replies as text, and pieces cut anywhere.

use writeback_connector::message::{Headers, Reply};

/// A reply as people would write it: a line with the status, lines of headers, a blank line, the body.
pub(crate) fn reply(data: &[u8]) -> Option<Reply> {
    let (head, body) = split(data, b"\n\n");
    let mut lines = std::str::from_utf8(head).ok()?.lines();
    let status = lines.next()?.trim().parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Some(Reply {
        status,
        headers: Headers(headers.collect()),
        body: body.to_owned(),
    })
}

/// What comes before a mark and what after it; all and nothing where there is no mark.
pub(crate) fn split<'a>(data: &'a [u8], mark: &[u8]) -> (&'a [u8], &'a [u8]) {
    match data.windows(mark.len()).position(|window| window == mark) {
        Some(at) => (&data[..at], &data[at + mark.len()..]),
        None => (data, &[]),
    }
}

/// The bytes behind a few that say where to cut, and the pieces that they are cut into.
pub(crate) fn pieces(data: &[u8]) -> (&[u8], Vec<&[u8]>) {
    let count = data.first().map_or(0, |count| usize::from(count % 8));
    let (cuts, whole) = data.split_at((1 + count).min(data.len()));
    let mut pieces = Vec::new();
    let mut rest = whole;
    for cut in cuts.iter().skip(1) {
        let (piece, after) = rest.split_at(usize::from(*cut).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    (whole, pieces)
}
