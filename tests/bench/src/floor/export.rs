//! The export: read from the socket as it comes, kept or dropped.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::header::ACCEPT;

use super::Place;
use crate::client::{Client, bearer, empty};

/// Writes the export to a file; answers its size.
pub async fn to_disk(client: &mut Client, place: &Place, token: &str, path: &Path) -> Result<u64> {
    let mut file = File::create(path)?;
    read(client, place, token, |bytes| Ok(file.write_all(&bytes)?)).await
}

/// Reads the export and keeps nothing; answers its size.
pub async fn drop_all(client: &mut Client, place: &Place, token: &str) -> Result<u64> {
    read(client, place, token, |_| Ok(())).await
}

async fn read(
    client: &mut Client,
    place: &Place,
    token: &str,
    mut take: impl FnMut(Bytes) -> Result<()>,
) -> Result<u64> {
    let url = format!(
        "{}/v1/datasets/{}/data?includeHeader=true",
        place.domo, place.dataset
    );
    let request = bearer(Request::get(url), token).header(ACCEPT, "text/csv");
    let mut body = client.send(request.body(empty())?).await?.into_body();
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        if let Ok(bytes) = frame?.into_data() {
            size += bytes.len() as u64;
            take(bytes)?;
        }
    }
    Ok(size)
}
