//! quickXorHash, the judge's copy: byte by byte from the published description. Never shared with the product, which is judged by it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The bits of the state are addressed modulo this many, so byte `i` and byte `i + 160` land on the same bit.
const PERIOD: usize = 160;

/// A hash on its way: every byte is XORed into the column of its position modulo 160.
#[derive(Clone)]
pub struct QuickXor {
    columns: [u8; PERIOD],
    length: u64,
}

impl Default for QuickXor {
    fn default() -> Self {
        Self {
            columns: [0; PERIOD],
            length: 0,
        }
    }
}

impl QuickXor {
    /// Takes the next bytes of the content.
    pub fn update(&mut self, mut bytes: &[u8]) {
        let mut column = (self.length % PERIOD as u64) as usize;
        self.length += bytes.len() as u64;
        while !bytes.is_empty() {
            let take = bytes.len().min(PERIOD - column);
            for (state, byte) in self.columns[column..].iter_mut().zip(&bytes[..take]) {
                *state ^= byte;
            }
            bytes = &bytes[take..];
            column = 0;
        }
    }

    /// Standard base64 of the 20 bytes, as `file.hashes.quickXorHash` carries it.
    #[must_use]
    pub fn finish(&self) -> String {
        let mut state = [0u8; 20];
        for (index, byte) in self.columns.iter().enumerate() {
            let bit = index * 11 % PERIOD;
            for offset in (0..8).filter(|offset| byte >> offset & 1 == 1) {
                let at = (bit + offset) % PERIOD;
                state[at / 8] ^= 1 << (at % 8);
            }
        }
        for (slot, byte) in state[12..].iter_mut().zip(self.length.to_le_bytes()) {
            *slot ^= byte;
        }
        STANDARD.encode(state)
    }
}

#[cfg(test)]
mod tests {
    use super::QuickXor;

    fn hash(bytes: &[u8], step: usize) -> String {
        let mut hash = QuickXor::default();
        bytes.chunks(step).for_each(|chunk| hash.update(chunk));
        hash.finish()
    }

    #[test]
    fn agrees_with_the_published_vectors() {
        let ramp: Vec<u8> = (0..160u32).map(|i| i as u8).collect();
        let wrap: Vec<u8> = (0..1760u32).map(|i| (i % 256) as u8).collect();
        let long: Vec<u8> = (0..1_000_000u32).map(|i| (i % 251) as u8).collect();
        for (bytes, expected) in [
            (&b""[..], "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            (b"hello world", "aCgDG9jwBhDc4Q1yawMZAAAAAAA="),
            (&ramp, "/+EGLlnQi0dVs5OErXWhEnz5wg4="),
            (&wrap, "BD/xkO5tZir6yE5vc4Qd9QEWudE="),
            (&long, "HdE6CZEtWr3VHJPlFJtbLXBwV0c="),
        ] {
            for step in [1, 7, 160, 4096] {
                assert_eq!(
                    hash(bytes, step),
                    expected,
                    "{} bytes by {step}",
                    bytes.len()
                );
            }
        }
    }
}
