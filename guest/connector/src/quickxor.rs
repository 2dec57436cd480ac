//! quickXorHash, the only digest that SharePoint always has for a file. Incremental over any chunking.
//!
//! Byte *i* of the file is XORed into a 160-bit register at bit `11·i mod 160`, and the length into its last
//! eight bytes (OneDrive docs, `code-snippets/quickxorhash`). The position comes round every 160 bytes, so the
//! file is first folded onto 160 columns, 16 bytes at a time, and spread over the register once, at the end.
//!
//! It finds accidents, not attackers: anybody can make two files with one quickXorHash.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use wide::u8x16;

/// Bytes after which the position in the register repeats.
const PERIOD: usize = 160;
/// Bytes taken at a step.
const LANE: usize = 16;
/// Bits that each byte lies further along than the one before.
const SHIFT: usize = 11;
const REGISTER_BITS: usize = 160;

/// A quickXorHash under way.
#[derive(Clone, Debug)]
pub struct QuickXor {
    columns: [u8; PERIOD],
    length: u64,
}

impl QuickXor {
    /// The hash of nothing yet.
    pub const fn new() -> Self {
        Self {
            columns: [0; PERIOD],
            length: 0,
        }
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, bytes: &[u8]) {
        let column = self.column();
        let (head, rest) = bytes.split_at(bytes.len().min((PERIOD - column) % PERIOD));
        self.fold_bytes(head, column);
        let (blocks, tail) = rest.as_chunks::<PERIOD>();
        self.fold_blocks(blocks);
        self.fold_bytes(tail, 0);
        self.length += bytes.len() as u64;
    }

    /// The digest of all bytes taken.
    pub fn finish(&self) -> Digest {
        let mut register = [0u8; 20];
        for column in 0..PERIOD {
            let byte = self.columns[column];
            let bit = (SHIFT * column) % REGISTER_BITS;
            let spread = u16::from(byte) << (bit % 8);
            register[bit / 8] ^= spread as u8;
            register[(bit / 8 + 1) % register.len()] ^= (spread >> 8) as u8;
        }
        for (byte, length) in register[12..].iter_mut().zip(self.length.to_le_bytes()) {
            *byte ^= length;
        }
        Digest(register)
    }

    fn column(&self) -> usize {
        (self.length % PERIOD as u64) as usize
    }

    fn fold_bytes(&mut self, bytes: &[u8], from: usize) {
        for (column, byte) in self.columns[from..].iter_mut().zip(bytes) {
            *column ^= byte;
        }
    }

    fn fold_blocks(&mut self, blocks: &[[u8; PERIOD]]) {
        let mut sums = lanes(&self.columns);
        for block in blocks {
            for (sum, bytes) in sums.iter_mut().zip(lanes(block)) {
                *sum ^= bytes;
            }
        }
        let (columns, _) = self.columns.as_chunks_mut::<LANE>();
        for (columns, sum) in columns.iter_mut().zip(sums) {
            *columns = sum.to_array();
        }
    }
}

#[inline]
fn lanes(block: &[u8; PERIOD]) -> [u8x16; PERIOD / LANE] {
    let (lanes, _) = block.as_chunks::<LANE>();
    std::array::from_fn(|lane| u8x16::new(lanes[lane]))
}

impl Default for QuickXor {
    fn default() -> Self {
        Self::new()
    }
}

/// A finished quickXorHash. Written as Graph writes it: standard base64, 28 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 20]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Text that is not a quickXorHash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotADigest(String);

impl fmt::Display for NotADigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a quickXorHash: 20 bytes as 28 characters of base64",
            self.0
        )
    }
}

impl std::error::Error for NotADigest {}

impl FromStr for Digest {
    type Err = NotADigest;

    /// Reads standard base64, and the URL-safe alphabet that rclone prints.
    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text));
        let bytes = bytes.ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| NotADigest(text.to_owned()))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hash(bytes: &[u8]) -> Digest {
        let mut hash = QuickXor::new();
        hash.update(bytes);
        hash.finish()
    }

    /// The definition, bit by bit.
    fn naive(bytes: &[u8]) -> Digest {
        let mut register = [0u8; 20];
        for (i, byte) in bytes.iter().enumerate() {
            for bit in 0..8 {
                let at = (11 * i + bit) % 160;
                register[at / 8] ^= (byte >> bit & 1) << (at % 8);
            }
        }
        for (i, byte) in (bytes.len() as u64).to_le_bytes().iter().enumerate() {
            register[12 + i] ^= byte;
        }
        Digest(register)
    }

    #[test]
    fn known_vectors() {
        let counted = |modulus: usize, length: usize| -> Vec<u8> {
            (0..length).map(|i| (i % modulus) as u8).collect()
        };
        let vectors = [
            (vec![], "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            (b"hello world".to_vec(), "aCgDG9jwBhDc4Q1yawMZAAAAAAA="),
            (counted(256, 160), "/+EGLlnQi0dVs5OErXWhEnz5wg4="),
            (counted(256, 1760), "BD/xkO5tZir6yE5vc4Qd9QEWudE="),
            (counted(251, 1_000_000), "HdE6CZEtWr3VHJPlFJtbLXBwV0c="),
        ];
        for (bytes, expected) in vectors {
            assert_eq!(hash(&bytes).to_string(), expected, "{} bytes", bytes.len());
        }
    }

    #[test]
    fn reads_both_alphabets_and_writes_the_standard_one() {
        let standard = "/+EGLlnQi0dVs5OErXWhEnz5wg4=";
        let digest: Digest = standard.parse().unwrap();
        assert_eq!("_-EGLlnQi0dVs5OErXWhEnz5wg4=".parse(), Ok(digest));
        assert_eq!(
            serde_json::to_string(&digest).unwrap(),
            format!("\"{standard}\"")
        );
        assert_eq!(
            serde_json::from_str::<Digest>(&format!("\"{standard}\"")).unwrap(),
            digest
        );
    }

    #[test]
    fn refuses_what_is_no_digest() {
        for text in ["", "AAAA", "not base64", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            let expected =
                format!("`{text}` is not a quickXorHash: 20 bytes as 28 characters of base64");
            assert_eq!(text.parse::<Digest>().unwrap_err().to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition_however_it_is_cut(
            bytes in prop::collection::vec(any::<u8>(), 0..1500),
            cuts in prop::collection::vec(0usize..400, 0..12),
        ) {
            let mut hash = QuickXor::new();
            let mut rest = bytes.as_slice();
            for cut in cuts {
                let (chunk, after) = rest.split_at(cut.min(rest.len()));
                hash.update(chunk);
                rest = after;
            }
            hash.update(rest);
            prop_assert_eq!(hash.finish(), naive(&bytes));
        }
    }
}
