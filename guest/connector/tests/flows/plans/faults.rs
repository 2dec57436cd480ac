//! Everything that goes wrong in a plan: the failure table, as the fakes can play it.

mod any;
mod domo;
mod sharepoint;

pub use domo::{CUT, CUT_LATE, UPDATED, UPDATED_AT, update};
pub use sharepoint::RIVAL;

use crate::world::Act;
use std::sync::LazyLock;
use writeback_connector::message::Method;

/// What can go wrong with a request.
pub struct Kind {
    pub name: &'static str,
    pub method: Method,
    /// Part of the URL.
    pub part: &'static str,
    pub act: fn() -> Act,
    pub tag: Tag,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}: {}", self.method, self.part, self.name)
    }
}

/// What a fault excuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    Plain,
    /// A reply is lost of a request that was carried out.
    Lost,
    /// SharePoint does not show all that it holds.
    Veil,
    /// SharePoint says something else than what it holds.
    Lie,
    /// Somebody else writes.
    Rival,
    /// What is stored is not what was sent.
    Altered,
    /// An upload session may stay open: nobody learns of it, or its end cannot be asked for.
    Orphan,
    /// The clock jumps.
    Clock,
}

/// All kinds.
pub static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let mut kinds = domo::kinds();
    kinds.extend(sharepoint::kinds());
    kinds
});
