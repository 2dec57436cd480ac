//! Identifiers that look random and repeat with the seed. Not for secrecy.

/// One step of SplitMix64: a well-mixed value for every input.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The GUID (version 4 in form) that `seed` and `number` always give.
pub fn guid(seed: u64, number: u64) -> String {
    let high = mix(seed ^ mix(number));
    let low = mix(high ^ number.rotate_left(17));
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(3 << 62)) | (2 << 62);
    let hex = format!("{high:016x}{low:016x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[0..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..32]
    )
}
