//! Settings, secrets among them, by name. They are asked for when they are needed and not kept.

use zeroize::Zeroizing;

/// The value of an environment variable.
#[cfg(not(feature = "store"))]
pub(super) fn setting(name: &str) -> Option<Zeroizing<String>> {
    let all = super::wasi::cli::environment::get_environment();
    let mut found = None;
    // The others are secrets too.
    for (known, value) in all {
        let value = Zeroizing::new(value);
        if known == name {
            found = Some(value);
        }
    }
    found
}

/// The value of a key: as it is written, or in lower case, which is all that some platforms take.
#[cfg(feature = "store")]
pub(super) fn setting(name: &str) -> Option<Zeroizing<String>> {
    let get = |key: &str| super::wasi::config::store::get(key).ok().flatten();
    get(name)
        .or_else(|| get(&name.to_lowercase()))
        .map(Zeroizing::new)
}
