//! Numbers that follow from a seed: a plan is the same wherever it is made.

/// SplitMix64.
pub struct Random(u64);

impl Random {
    /// The numbers of one plan of many.
    pub fn of(seed: u64, plan: u64) -> Self {
        let mut random = Self(seed ^ plan.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        (self.next() % u64::from(end)) as u32
    }

    /// Whether one of `of` cases is met.
    pub fn one_in(&mut self, of: u32) -> bool {
        self.below(of) == 0
    }

    /// One of a few.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u32) as usize]
    }
}
