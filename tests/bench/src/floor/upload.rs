//! The upload: one request, or a session with the fragments that the connector sends while all are acknowledged quickly.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use anyhow::{Context as _, Result};
use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::header::{CONTENT_RANGE, CONTENT_TYPE};

use super::Place;
use crate::client::{BUFFER, Body, Client, bearer, full};

/// Up to here a file goes in one request: the default of `upload.simple_limit`.
const SIMPLE: u64 = 10 << 20;
/// The first fragment of a session, and the largest: the defaults of `upload.fragment` and `upload.fragment_max`.
const FRAGMENT: u64 = 10 << 20;
const FRAGMENT_MOST: u64 = 50 << 20;

/// Where the bytes come from.
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Memory: nothing but zeros.
    Zeros,
}

/// Uploads `size` bytes under a name in the library's root.
pub async fn upload(
    client: &mut Client,
    place: &Place,
    token: &str,
    name: &str,
    size: u64,
    source: &Source,
) -> Result<()> {
    let item = format!("{}/drives/{}/root:/{name}:", place.graph, place.drive);
    if size <= SIMPLE {
        let request =
            bearer(Request::put(format!("{item}/content")), token).header(CONTENT_TYPE, "text/csv");
        client.json(request.body(slice(source, 0, size)?)?).await?;
        return Ok(());
    }
    let request = bearer(Request::post(format!("{item}/createUploadSession")), token);
    let request = request.header(CONTENT_TYPE, "application/json");
    let behaviour = r#"{"item":{"@microsoft.graph.conflictBehavior":"replace"}}"#;
    let session = client.json(request.body(full(behaviour))?).await?;
    let url = session["uploadUrl"]
        .as_str()
        .context("an upload session without a URL")?;
    let (mut at, mut fragment) = (0, FRAGMENT);
    while at < size {
        let length = fragment.min(size - at);
        let range = format!("bytes {at}-{}/{size}", at + length - 1);
        let request = Request::put(url).header(CONTENT_RANGE, range);
        client
            .json(request.body(slice(source, at, length)?)?)
            .await?;
        at += length;
        fragment = FRAGMENT_MOST;
    }
    Ok(())
}

fn slice(source: &Source, at: u64, length: u64) -> Result<Body> {
    let from = match source {
        Source::Zeros => Origin::Zeros,
        Source::File(path) => {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(at))?;
            Origin::File(file, BytesMut::new())
        }
    };
    Ok(Slice { from, left: length }.boxed())
}

/// So many bytes, read while they are sent.
struct Slice {
    from: Origin,
    left: u64,
}

enum Origin {
    /// A file, and the buffer that is used again as soon as what was in it is sent.
    File(File, BytesMut),
    /// Always the same zeros.
    Zeros,
}

static ZEROS: [u8; BUFFER] = [0; BUFFER];

impl Slice {
    fn next(&mut self) -> io::Result<Bytes> {
        let length = self.left.min(BUFFER as u64) as usize;
        self.left -= length as u64;
        Ok(match &mut self.from {
            Origin::Zeros => Bytes::from_static(&ZEROS[..length]),
            Origin::File(file, buffer) => {
                buffer.resize(length, 0);
                file.read_exact(buffer)?;
                buffer.split().freeze()
            }
        })
    }
}

impl http_body::Body for Slice {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(self.next().map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
