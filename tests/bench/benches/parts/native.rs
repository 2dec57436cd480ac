//! Contenders compiled for this machine.

use writeback_bench_guest::{CHUNK, Peer, PeerKind};

use crate::lanes::Runner;

/// The process itself.
pub struct Native;

impl Native {
    /// Feeds a contender in chunks as large as those of the sandbox.
    pub fn runner(kind: PeerKind) -> Runner {
        Box::new(move |bytes| {
            let mut peer = Peer::start(kind);
            bytes.chunks(CHUNK).for_each(|chunk| peer.push(chunk));
            Ok(peer.finish())
        })
    }
}
