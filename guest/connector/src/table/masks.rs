//! Where the four bytes that matter to CSV lie among 64: a bit for each. It knows nothing of their meaning.

use wide::u8x16;

/// Bytes looked at together: as many as a word has bits.
pub(super) const BLOCK: usize = 64;

/// Bit *i* tells of byte *i*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Masks {
    pub(super) comma: u64,
    pub(super) quote: u64,
    pub(super) lf: u64,
    pub(super) cr: u64,
}

impl Masks {
    #[inline]
    pub(super) fn of(block: &[u8; BLOCK]) -> Self {
        let block = Lanes::load(block);
        // Most blocks hold neither: one look tells it of all 64 bytes.
        let (quote, cr) = match block.has_either(b'"', b'\r') {
            true => (block.equal(b'"'), block.equal(b'\r')),
            false => (0, 0),
        };
        Self {
            comma: block.equal(b','),
            quote,
            lf: block.equal(b'\n'),
            cr,
        }
    }
}

/// The exclusive or of all bits up to and including each: between an odd quote and the next even one it is set.
#[inline]
pub(super) fn prefix_xor(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^ bits << 32
}

/// The bits below the `n`th, for `n` below 64.
#[inline]
pub(super) fn below(n: u32) -> u64 {
    (1 << n) - 1
}

/// Sixteen bytes a step: `simd128` in the sandbox, what the processor has outside.
struct Lanes([u8x16; BLOCK / 16]);

impl Lanes {
    #[inline]
    fn load(block: &[u8; BLOCK]) -> Self {
        let (quarters, _) = block.as_chunks::<16>();
        Self(std::array::from_fn(|quarter| u8x16::new(quarters[quarter])))
    }

    #[inline]
    fn has_either(&self, one: u8, other: u8) -> bool {
        let (one, other) = (u8x16::splat(one), u8x16::splat(other));
        let found = self.0.iter().fold(u8x16::ZERO, |found, bytes| {
            found | bytes.simd_eq(one) | bytes.simd_eq(other)
        });
        // In the sandbox one instruction; a test of the bit mask becomes many.
        u128::from_le_bytes(found.to_array()) != 0
    }

    #[inline]
    fn equal(&self, byte: u8) -> u64 {
        let wanted = u8x16::splat(byte);
        self.0.iter().enumerate().fold(0, |mask, (quarter, bytes)| {
            mask | u64::from(bytes.simd_eq(wanted).to_bitmask()) << (16 * quarter)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(block: &[u8; BLOCK], byte: u8) -> u64 {
        (0..BLOCK).fold(0, |mask, i| mask | u64::from(block[i] == byte) << i)
    }

    proptest! {
        #[test]
        fn a_bit_for_each_byte(block in prop::collection::vec(any::<u8>(), BLOCK), holes in any::<[u8; 32]>()) {
            let mut block: [u8; BLOCK] = block.try_into().unwrap();
            for (i, hole) in holes.into_iter().enumerate() {
                block[usize::from(hole) % BLOCK] = b",\"\n\r"[i % 4];
            }
            let masks = Masks::of(&block);
            prop_assert_eq!(masks.comma, naive(&block, b','));
            prop_assert_eq!(masks.quote, naive(&block, b'"'));
            prop_assert_eq!(masks.lf, naive(&block, b'\n'));
            prop_assert_eq!(masks.cr, naive(&block, b'\r'));
        }

        #[test]
        fn prefix_xor_is_a_running_parity(bits in any::<u64>()) {
            for n in 0..64 {
                let parity = (bits & (below(n) | 1 << n)).count_ones() & 1;
                prop_assert_eq!(prefix_xor(bits) >> n & 1, u64::from(parity));
            }
        }
    }
}
