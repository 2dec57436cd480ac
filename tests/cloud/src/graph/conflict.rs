//! What happens when a name is taken: the three behaviours and the name that `rename` gives. Pure.

/// `@microsoft.graph.conflictBehavior`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// 409 `nameAlreadyExists`.
    Fail,
    /// The old item keeps its id and gets a new version.
    Replace,
    /// The new item takes the lowest free number.
    Rename,
}

impl Conflict {
    /// Reads the behaviour's name as Graph spells it; an unknown one is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "fail" => Some(Self::Fail),
            "replace" => Some(Self::Replace),
            "rename" => Some(Self::Rename),
            _ => None,
        }
    }
}

/// `a.csv` becomes `a 1.csv`, or the lowest number above that is free.
///
/// A folder has no extension: `v1.2` becomes `v1.2 1`.
pub fn free_name(name: &str, folder: bool, taken: impl Fn(&str) -> bool) -> String {
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 && !folder => name.split_at(dot),
        _ => (name, ""),
    };
    (1u32..)
        .map(|number| format!("{stem} {number}{extension}"))
        .find(|candidate| !taken(candidate))
        .expect("numbers do not run out before names do")
}

#[cfg(test)]
mod tests {
    use super::{Conflict, free_name};

    #[test]
    fn the_number_goes_before_the_extension() {
        assert_eq!(free_name("a.csv", false, |_| false), "a 1.csv");
        assert_eq!(free_name("a.b.csv", false, |_| false), "a.b 1.csv");
        assert_eq!(free_name("a", false, |_| false), "a 1");
        assert_eq!(free_name(".profile", false, |_| false), ".profile 1");
        assert_eq!(free_name("v1.2", true, |_| false), "v1.2 1");
    }

    #[test]
    fn the_lowest_free_number_is_taken() {
        let taken = ["a 1.csv", "a 2.csv", "a 4.csv"];
        assert_eq!(
            free_name("a.csv", false, |name| taken.contains(&name)),
            "a 3.csv"
        );
    }

    #[test]
    fn only_the_three_behaviours_are_known() {
        assert_eq!(Conflict::parse("rename"), Some(Conflict::Rename));
        assert_eq!(Conflict::parse("Replace"), None);
    }
}
