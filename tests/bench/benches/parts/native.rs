//! Contenders compiled for this machine.

use writeback_bench_guest::{CHUNK, Peer, PeerKind};

use crate::lanes::Runner;

/// The process itself.
pub struct Native;

impl Native {
    /// Feeds a contender in chunks as large as those of the sandbox, each copied into a buffer as it is there: what is
    /// compared is what is done with the bytes, not how they come.
    pub fn runner(kind: PeerKind) -> Runner {
        let mut buffer = vec![0; CHUNK];
        Box::new(move |bytes| {
            let mut peer = Peer::start(kind);
            for chunk in bytes.chunks(CHUNK) {
                let buffer = &mut buffer[..chunk.len()];
                buffer.copy_from_slice(chunk);
                peer.push(buffer);
            }
            Ok(peer.finish())
        })
    }
}
