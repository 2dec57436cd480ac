//! Lists in pages: the last of one page is where the next begins.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;

/// Entries of a page, unless a client asks for fewer or more.
const DEFAULT: i64 = 50;
/// The most entries of a page.
const MOST: i64 = 500;
/// The longest `next` of a page.
const AFTER_CHARS: usize = 200;
/// Where lists of the newest first begin: behind every identifier, in the order of bytes and in that of any language.
pub(crate) const NEWEST: &str = "zzzz";

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// `next` of the page before.
    #[param(max_length = 200, pattern = r"^[^\x00]*$")]
    pub after: Option<String>,
    /// Entries of the page.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<i64>,
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page begins; none after the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl PageQuery {
    /// How many entries to show.
    pub(crate) fn limit(&self) -> Result<i64, Problem> {
        if self.after().chars().count() > AFTER_CHARS {
            return Err(Problem::field(
                "after",
                format!("it has more than {AFTER_CHARS} characters"),
            ));
        }
        match self.limit.unwrap_or(DEFAULT) {
            limit @ 1..=MOST => Ok(limit),
            limit => Err(Problem::field(
                "limit",
                format!("{limit} is not between 1 and {MOST}"),
            )),
        }
    }

    /// Where to begin in a list that is in order.
    pub(crate) fn after(&self) -> &str {
        self.after.as_deref().unwrap_or_default()
    }

    /// Where to begin in a list of the newest first.
    pub(crate) fn before(&self) -> &str {
        self.after.as_deref().unwrap_or(NEWEST)
    }
}

impl<T> Page<T> {
    /// The page of `rows`, of which there is one more than `limit` where the list goes on.
    pub(crate) fn of<R>(
        mut rows: Vec<R>,
        limit: i64,
        key: impl Fn(&R) -> String,
        show: impl Fn(R) -> T,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        Self {
            next: rows.last().filter(|_| more).map(key),
            items: rows.into_iter().map(show).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_the_next_one_begins() {
        let page = |rows: &[u8]| Page::of(rows.to_vec(), 2, u8::to_string, u64::from);
        let (full, last) = (page(&[1, 2, 3]), page(&[3, 4]));
        assert_eq!((full.items, full.next.as_deref()), (vec![1, 2], Some("2")));
        assert_eq!((last.items, last.next), (vec![3, 4], None));
    }
}
