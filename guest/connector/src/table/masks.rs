//! Where the four bytes that matter to CSV lie among 64: a bit for each. It knows nothing of their meaning.

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
        Self {
            comma: block.equal(b','),
            quote: block.equal(b'"'),
            lf: block.equal(b'\n'),
            cr: block.equal(b'\r'),
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

use lanes::Lanes;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod lanes {
    //! Sixteen bytes a step, in the sandbox.

    use super::BLOCK;
    use core::arch::wasm32::{i8x16_bitmask, i8x16_eq, u8x16, u8x16_splat, v128};

    pub(super) struct Lanes([v128; 4]);

    impl Lanes {
        #[inline]
        pub(super) fn load(block: &[u8; BLOCK]) -> Self {
            let (quarters, _) = block.as_chunks::<16>();
            Self([
                load(&quarters[0]),
                load(&quarters[1]),
                load(&quarters[2]),
                load(&quarters[3]),
            ])
        }

        #[inline]
        pub(super) fn equal(&self, byte: u8) -> u64 {
            let wanted = u8x16_splat(byte);
            let bits = |quarter: usize| u64::from(i8x16_bitmask(i8x16_eq(self.0[quarter], wanted)));
            bits(0) | bits(1) << 16 | bits(2) << 32 | bits(3) << 48
        }
    }

    /// Compiles to one load; `v128_load` itself takes a raw pointer.
    #[inline]
    fn load(b: &[u8; 16]) -> v128 {
        u8x16(
            b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
            b[14], b[15],
        )
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod lanes {
    //! Eight bytes a step, in any 64-bit word.

    use super::BLOCK;

    const ONES: u64 = 0x0101_0101_0101_0101;
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    /// Brings the low bit of each byte together in the uppermost byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;

    pub(super) struct Lanes([u64; BLOCK / 8]);

    impl Lanes {
        #[inline]
        pub(super) fn load(block: &[u8; BLOCK]) -> Self {
            let (words, _) = block.as_chunks::<8>();
            Self(std::array::from_fn(|word| u64::from_le_bytes(words[word])))
        }

        #[inline]
        pub(super) fn equal(&self, byte: u8) -> u64 {
            let wanted = ONES * u64::from(byte);
            self.0.iter().enumerate().fold(0, |mask, (word, bytes)| {
                mask | zero_bytes(bytes ^ wanted) << (8 * word)
            })
        }
    }

    #[inline]
    fn zero_bytes(word: u64) -> u64 {
        let zero = !(((word & LOW) + LOW) | word | LOW);
        (zero >> 7).wrapping_mul(GATHER) >> 56
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
