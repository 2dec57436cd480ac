//! Header values that hold a credential: marked sensitive, and wiped with their last copy.

use bytes::Bytes;
use http::HeaderValue;
use zeroize::Zeroizing;

/// A header's value; `None` where the text does not fit into a header.
pub(crate) fn header(text: Zeroizing<String>) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_maybe_shared(wiped(text)).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Bytes that are wiped once they have been sent.
pub(super) fn wiped(text: Zeroizing<String>) -> Bytes {
    struct Text(Zeroizing<String>);
    impl AsRef<[u8]> for Text {
        fn as_ref(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }
    Bytes::from_owner(Text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_does_not_show() {
        let value = header(Zeroizing::new("Bearer t0ken".to_owned())).unwrap();
        assert_eq!(value, "Bearer t0ken");
        assert_eq!(format!("{value:?}"), "Sensitive");
        assert!(header(Zeroizing::new("a\nb".to_owned())).is_none());
    }
}
