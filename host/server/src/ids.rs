//! Identifiers: what a thing is, and a UUIDv7, so that those of one kind sort by age.

/// Makes an identifier, as `job_01890a5d…`.
#[must_use]
pub fn new(kind: &str) -> String {
    format!("{kind}_{}", uuid::Uuid::now_v7().simple())
}
