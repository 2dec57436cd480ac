//! A request's body on its way to the disk. Never more than one chunk of it is in memory.

use std::sync::Arc;

use axum::body::Body;
use http_body_util::BodyExt as _;

use super::refusal::{Answer, Refusal};
use super::spool::Spool;

/// A fragment that is being written. Dropped before [`Receiving::accept`], its bytes do not count.
pub struct Receiving {
    spool: Arc<Spool>,
    turn: u64,
    /// What becomes of a broken fragment's bytes.
    keep_partial: bool,
}

impl Receiving {
    /// Writes all of `body`, which must have `length` bytes.
    ///
    /// # Errors
    /// 400 for a body that is cut off, 409 when a newer fragment took over, 500 when the disk refuses.
    pub async fn all(
        spool: Arc<Spool>,
        body: Body,
        length: u64,
        keep_partial: bool,
    ) -> Answer<Self> {
        let disk = |error: std::io::Error| Refusal::disk(&error);
        let turn = spool.begin().map_err(disk)?;
        let mut receiving = Self {
            spool,
            turn,
            keep_partial,
        };
        let (mut body, mut count) = (body, 0);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Refusal::invalid("The request body ended early."))?;
            let Ok(bytes) = frame.into_data() else {
                continue;
            };
            count += bytes.len() as u64;
            let overtaken = receiving.spool.append(turn, &bytes).map_err(disk)?;
            overtaken.map_err(|_| {
                Refusal::new(
                    409,
                    "resourceModified",
                    "Optimistic concurrency failure during fragmented upload",
                )
            })?;
        }
        if count != length {
            return Err(Refusal::invalid(
                "The request body does not have the announced length.",
            ));
        }
        receiving.keep_partial = false;
        Ok(receiving)
    }

    /// Makes the bytes count.
    pub fn accept(self) {
        self.spool.accept(self.turn);
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if self.keep_partial {
            self.spool.accept(self.turn);
        }
    }
}

/// A small JSON body; an empty one is `null`.
///
/// # Errors
/// 400 for what is not JSON, 413 above 1 MiB.
pub async fn json(body: Body) -> Answer<serde_json::Value> {
    let bytes = axum::body::to_bytes(body, 1 << 20).await;
    let bytes = bytes.map_err(|_| {
        Refusal::new(
            413,
            "requestEntityTooLarge",
            "The request body is too large.",
        )
    })?;
    if bytes.is_empty() {
        return Ok(serde_json::Value::Null);
    }
    serde_json::from_slice(&bytes)
        .map_err(|_| Refusal::new(400, "BadRequest", "Unable to read JSON request payload."))
}
