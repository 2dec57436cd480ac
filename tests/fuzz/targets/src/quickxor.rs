//! quickXorHash: any cut gives the hash that the definition gives, and its text reads back.

use crate::input::pieces;
use writeback_connector::quickxor::{Digest, QuickXor};

/// The target.
pub fn quickxor(data: &[u8]) {
    let (whole, pieces) = pieces(data);
    let mut hash = QuickXor::new();
    pieces.into_iter().for_each(|piece| hash.update(piece));
    let digest = hash.finish();
    assert_eq!(digest, by_definition(whole));
    assert_eq!(digest.to_string().parse(), Ok(digest));
    if let Ok(read) = String::from_utf8_lossy(whole).parse::<Digest>() {
        assert_eq!(read.to_string().parse(), Ok(read));
    }
}

/// Bit by bit.
fn by_definition(bytes: &[u8]) -> Digest {
    let mut register = [0u8; 20];
    for (index, byte) in bytes.iter().enumerate() {
        for bit in 0..8 {
            let at = (11 * index + bit) % 160;
            register[at / 8] ^= (byte >> bit & 1) << (at % 8);
        }
    }
    let length = (bytes.len() as u64).to_le_bytes();
    for (register, length) in register[12..].iter_mut().zip(length) {
        *register ^= length;
    }
    Digest(register)
}
