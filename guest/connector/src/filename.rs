//! What the file is called.

use crate::domo::DataSet;
use crate::job::FilenameChoice;
use crate::place::name;

/// A file's name, and whether it had to be changed from what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filename {
    /// The name, with `.csv`.
    pub name: String,
    /// What the receipt says about a change.
    pub note: Option<String>,
}

/// The name for a DataSet.
pub fn choose(choice: &FilenameChoice, dataset: &DataSet, id: &str) -> Filename {
    match choice {
        FilenameChoice::Custom(name) => plain(name.clone()),
        FilenameChoice::DataSetId => plain(format!("{id}.csv")),
        FilenameChoice::DataSetName => of_name(&dataset.name),
    }
}

fn plain(name: String) -> Filename {
    Filename { name, note: None }
}

fn of_name(given: &str) -> Filename {
    let Err(rule) = name::check_file(given) else {
        return plain(name::with_extension(given));
    };
    let stem = match given.to_ascii_lowercase().strip_suffix(".csv") {
        Some(stem) => given.get(..stem.len()).unwrap_or(given),
        None => given,
    };
    let name = name::with_extension(&name::mend(stem));
    let note = format!("the DataSet's name `{given}` became the file name `{name}`: {rule}");
    Filename {
        name,
        note: Some(note),
    }
}

/// A name with a number before the extension: `sales 1.csv`. Zero is the name itself.
pub fn numbered(name: &str, number: u64) -> String {
    match (number, split(name)) {
        (0, _) => name.to_owned(),
        (n, (stem, extension)) => format!("{stem} {n}{extension}"),
    }
}

/// The number that makes `candidate` out of `name`, in SharePoint's eyes.
pub fn number_of(name: &str, candidate: &str) -> Option<u64> {
    let (name, candidate) = (name.to_lowercase(), candidate.to_lowercase());
    if name == candidate {
        return Some(0);
    }
    let (stem, extension) = split(&name);
    let rest = candidate.strip_prefix(stem)?.strip_prefix(' ')?;
    let digits = rest.strip_suffix(extension)?;
    let number = digits.parse().ok()?;
    (numbered(&name, number) == candidate).then_some(number)
}

fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

#[cfg(test)]
mod tests;
