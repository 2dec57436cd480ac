//! SharePoint's rules for file and folder names and for whole paths. Pure: it never mends a name, it only refuses.

/// What the name would be given to: a few rules hold for folders or at a library's root alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// The name is a folder's.
    pub folder: bool,
    /// The item would sit directly in the library.
    pub at_root: bool,
}

/// A name that SharePoint refuses, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// The name breaks a rule; the text tells which.
    Invalid(&'static str),
    /// The name or the whole path is longer than SharePoint holds.
    TooLong(&'static str),
}

/// Longest name of one item, in UTF-16 units.
const SEGMENT: usize = 255;
/// Longest decoded server-relative path, in UTF-16 units.
const PATH: usize = 400;

const FORBIDDEN: &str = "\"*:<>?/\\|";
const RESERVED: [&str; 6] = [".lock", "desktop.ini", "con", "prn", "aux", "nul"];

/// Whether SharePoint holds an item of this name.
///
/// # Errors
/// The first rule that the name breaks.
pub fn check(name: &str, usage: Use) -> Result<(), NameFault> {
    let lower = name.to_lowercase();
    let reason = if name.is_empty() {
        "is empty"
    } else if name
        .chars()
        .any(|c| FORBIDDEN.contains(c) || c.is_control())
    {
        "contains invalid characters"
    } else if name.starts_with(' ') || name.ends_with(' ') {
        "begins or ends with a space"
    } else if name.ends_with('.') {
        "ends with a dot"
    } else if RESERVED.contains(&lower.as_str()) || is_numbered_device(&lower) {
        "is reserved"
    } else if lower.starts_with("~$") {
        "begins with ~$"
    } else if lower.contains("_vti_") {
        "contains _vti_"
    } else if usage.at_root && lower == "forms" {
        "is reserved at the root of a library"
    } else if usage.folder && lower.starts_with('~') {
        "begins with ~, which a folder's must not"
    } else {
        return check_length(name);
    };
    Err(NameFault::Invalid(reason))
}

/// Whether a decoded server-relative path is short enough.
///
/// # Errors
/// `TooLong` above 400 characters.
pub fn check_path(path: &str) -> Result<(), NameFault> {
    if path.trim_start_matches('/').encode_utf16().count() > PATH {
        return Err(NameFault::TooLong("the path is longer than 400 characters"));
    }
    Ok(())
}

fn check_length(name: &str) -> Result<(), NameFault> {
    if name.encode_utf16().count() > SEGMENT {
        return Err(NameFault::TooLong("the name is longer than 255 characters"));
    }
    Ok(())
}

fn is_numbered_device(lower: &str) -> bool {
    ["com", "lpt"].iter().any(|device| {
        lower
            .strip_prefix(device)
            .is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::{NameFault, Use, check, check_path};

    const FILE: Use = Use {
        folder: false,
        at_root: false,
    };
    const FOLDER: Use = Use {
        folder: true,
        at_root: false,
    };

    #[test]
    fn every_rule_refuses() {
        for name in [
            "",
            "a\"b",
            "a*b",
            "a:b",
            "a<b",
            "a>b",
            "a?b",
            "a/b",
            "a\\b",
            "a|b",
            "a\tb",
            " a",
            "a ",
            "a.",
            ".lock",
            "Desktop.INI",
            "con",
            "PRN",
            "aux",
            "NUL",
            "COM0",
            "lpt9",
            "~$a.csv",
            "x_VTI_y",
        ] {
            assert!(
                matches!(check(name, FILE), Err(NameFault::Invalid(_))),
                "{name:?}"
            );
        }
    }

    #[test]
    fn what_only_looks_forbidden_passes() {
        for name in [
            "a#b%c.csv",
            "con.csv",
            "com10",
            "lock",
            "~a.csv",
            "forms",
            "'ü' & + .csv",
        ] {
            assert_eq!(check(name, FILE), Ok(()), "{name:?}");
        }
    }

    #[test]
    fn folders_and_roots_have_rules_of_their_own() {
        assert!(check("~a", FOLDER).is_err());
        let root = Use {
            folder: false,
            at_root: true,
        };
        assert!(check("Forms", root).is_err());
    }

    #[test]
    fn lengths_are_counted_in_utf16() {
        assert_eq!(check(&"a".repeat(255), FILE), Ok(()));
        assert!(matches!(
            check(&"😀".repeat(128), FILE),
            Err(NameFault::TooLong(_))
        ));
        assert_eq!(check_path(&"a".repeat(400)), Ok(()));
        assert!(check_path(&"a".repeat(401)).is_err());
    }
}
