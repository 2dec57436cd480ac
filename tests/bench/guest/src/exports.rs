//! The module's exports: one buffer, through which everything goes in and out, and one contender at a time.
#![expect(
    unsafe_code,
    reason = "an exported name is an unsafe attribute; there is no other unsafe code"
)]

use std::cell::RefCell;

use crate::peers::{Peer, PeerKind};

/// Bytes of the buffer.
pub const CHUNK: usize = 64 * 1024;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; CHUNK]);
    static PEER: RefCell<Option<Peer>> = const { RefCell::new(None) };
}

#[unsafe(no_mangle)]
extern "C" fn buffer() -> usize {
    BUFFER.with_borrow(|buffer| buffer.as_ptr().addr())
}

#[unsafe(no_mangle)]
extern "C" fn start(kind: usize) {
    PEER.set(Some(Peer::start(PeerKind::ALL[kind])));
}

#[unsafe(no_mangle)]
extern "C" fn push(length: usize) {
    PEER.with_borrow_mut(|peer| {
        let peer = peer.as_mut().expect("started");
        BUFFER.with_borrow(|buffer| peer.push(&buffer[..length]));
    });
}

#[unsafe(no_mangle)]
extern "C" fn finish() -> usize {
    let seen = PEER.take().expect("started").finish();
    BUFFER.with_borrow_mut(|buffer| buffer[..seen.len()].copy_from_slice(seen.as_bytes()));
    seen.len()
}
