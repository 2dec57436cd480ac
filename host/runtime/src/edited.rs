//! A value with a few of its fields changed, where the type may grow and cannot be written out.

/// `value` as `edit` leaves it.
pub(crate) fn with<T>(mut value: T, edit: impl FnOnce(&mut T)) -> T {
    edit(&mut value);
    value
}
