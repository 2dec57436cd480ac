//! Every rule of a name, and the promise that a mended name breaks none.

use super::*;
use proptest::prelude::*;

#[test]
fn every_rule_refuses_a_file_and_says_why() {
    let long = "a".repeat(252);
    let cases = [
        ("", "a name must not be empty"),
        (".csv", "a name must not be empty"),
        ("a\"b", "SharePoint allows no `\"` in a name"),
        ("a*b", "SharePoint allows no `*` in a name"),
        ("a:b", "SharePoint allows no `:` in a name"),
        ("a<b", "SharePoint allows no `<` in a name"),
        ("a>b", "SharePoint allows no `>` in a name"),
        ("a?b", "SharePoint allows no `?` in a name"),
        ("a/b", "SharePoint allows no `/` in a name"),
        ("a\\b", "SharePoint allows no `\\` in a name"),
        ("a|b", "SharePoint allows no `|` in a name"),
        ("a\tb", "SharePoint allows no control characters in a name"),
        (" a", "a name must not begin or end with a space"),
        ("a ", "a name must not begin or end with a space"),
        ("a.", "a name must not end with a full stop"),
        (".lock", "SharePoint keeps `.lock` for itself"),
        ("desktop.ini", "SharePoint keeps `desktop.ini` for itself"),
        ("con", "SharePoint keeps `CON` for itself"),
        ("PRN.csv", "SharePoint keeps `PRN` for itself"),
        ("AUX", "SharePoint keeps `AUX` for itself"),
        ("nul.csv", "SharePoint keeps `NUL` for itself"),
        ("COM0", "SharePoint keeps `COM0` for itself"),
        ("lpt9.csv", "SharePoint keeps `LPT9` for itself"),
        ("~$a.csv", "the name must not begin with `~$`"),
        ("a_VTI_b", "SharePoint allows no `_vti_` in a name"),
        (
            long.as_str(),
            "a name has at most 255 characters, this one has 256",
        ),
    ];
    for (name, rule) in cases {
        assert_eq!(check_file(name).unwrap_err().to_string(), rule, "{name}");
    }
}

#[test]
fn names_that_only_look_wrong_pass() {
    for name in [
        "a.b.csv", "100% #1", "comm", "COM10", "~a", "forms", "ä ö", "-", "a~$",
    ] {
        assert_eq!(check_file(name), Ok(()), "{name}");
    }
}

#[test]
fn folders_have_two_rules_of_their_own() {
    assert_eq!(
        check_folder("~a", false).unwrap_err().to_string(),
        "the name must not begin with `~`"
    );
    assert_eq!(
        check_folder("Forms", true).unwrap_err().to_string(),
        "SharePoint keeps `forms` at the root of a library for itself"
    );
    assert_eq!(check_folder("Forms", false), Ok(()));
}

#[test]
fn names_are_mended_with_little_harm() {
    let cases = [
        ("Sales: 2026/01", "Sales_ 2026_01"),
        (" sales. ", "sales"),
        ("CON", "_CON"),
        ("~$x", "__x"),
        ("~$vti_x", "_-vti-x"),
        ("a_VTI_b", "a-vti-b"),
        ("...", "dataset"),
    ];
    for (name, mended) in cases {
        assert_eq!(mend(name), mended);
    }
}

proptest! {
    #[test]
    fn a_mended_name_breaks_no_rule(name in "\\PC{0,300}|[~$._ vtiVTI]{0,20}|(?i)(con|com1|desktop.ini|.lock)[. ]?") {
        let mended = mend(&name);
        prop_assert_eq!(check_file(&mended), Ok(()), "{} became {}", name, mended);
    }
}
