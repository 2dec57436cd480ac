//! Names, extensions and numbers.

use super::*;
use proptest::prelude::*;

fn named(name: &str) -> Filename {
    let dataset = DataSet {
        name: name.to_owned(),
        ..DataSet::default()
    };
    choose(&FilenameChoice::DataSetName, &dataset, "id")
}

#[test]
fn an_extension_is_added_where_it_is_missing() {
    assert_eq!(named("Sales").name, "Sales.csv");
    assert_eq!(named("Sales.CSV").name, "Sales.CSV");
    assert_eq!(named("Sales.2026").name, "Sales.2026.csv");
}

#[test]
fn a_mended_name_says_so() {
    let mended = named("a?b.csv");
    assert_eq!(mended.name, "a_b.csv");
    assert_eq!(
        mended.note.as_deref(),
        Some(
            "the DataSet's name `a?b.csv` became the file name `a_b.csv`: SharePoint allows no `?` in a name"
        )
    );
    assert_eq!(named("").name, "dataset.csv");
}

#[test]
fn the_number_stands_before_the_extension() {
    assert_eq!(numbered("sales.csv", 0), "sales.csv");
    assert_eq!(numbered("sales.csv", 2), "sales 2.csv");
    assert_eq!(numbered("a.b.csv", 1), "a.b 1.csv");
}

#[test]
fn only_names_of_the_same_row_have_a_number() {
    assert_eq!(number_of("sales.csv", "SALES.csv"), Some(0));
    assert_eq!(number_of("sales.csv", "Sales 12.CSV"), Some(12));
    for other in [
        "sales  1.csv",
        "sales 01.csv",
        "sales 1.txt",
        "sales x.csv",
        "sales1.csv",
        "sale 1.csv",
    ] {
        assert_eq!(number_of("sales.csv", other), None, "{other}");
    }
}

proptest! {
    #[test]
    fn a_number_comes_back(name in "[a-zA-Z0-9 .]{1,20}", number in 0_u64..1000) {
        let name = format!("{name}.csv");
        prop_assert_eq!(number_of(&name, &numbered(&name, number)), Some(number));
    }
}
