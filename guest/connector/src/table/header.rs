//! The names of the columns, collected from the header as it passes. It never grows beyond a bound.

/// Bytes of names that are kept; a header may be longer, its further names are then unknown.
pub const HEADER_LIMIT: usize = 64 * 1024;

/// Names under collection.
#[derive(Debug, Default)]
pub(super) struct Header {
    names: Vec<String>,
    name: Vec<u8>,
    taken: usize,
}

impl Header {
    /// Takes a byte of the name under way.
    pub(super) fn push(&mut self, byte: u8) {
        self.taken += 1;
        if self.taken <= HEADER_LIMIT {
            self.name.push(byte);
        }
    }

    /// Ends the name under way. Names count for one byte more than they hold, lest empty ones were free.
    pub(super) fn end_name(&mut self) {
        if self.taken < HEADER_LIMIT {
            self.names
                .push(String::from_utf8_lossy(&self.name).into_owned());
        }
        self.taken += 1;
        self.name.clear();
    }

    /// Forgets what was taken: it was a byte order mark.
    pub(super) fn restart(&mut self) {
        *self = Self::default();
    }

    /// The names known in full.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The same, to keep.
    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_no_more_than_its_bound_of_one_endless_name() {
        let mut header = Header::default();
        (0..HEADER_LIMIT * 4).for_each(|_| header.push(b'x'));
        assert_eq!(header.name.len(), HEADER_LIMIT);
    }
}
