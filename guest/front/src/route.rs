//! What a caller asks for, from the words of a command line or the path of a request.
#![allow(dead_code, reason = "each front uses its part")]

use serde_json::{Map, Value};

/// A call of the connector.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Describe,
    Run,
    Check,
    /// With what is listed, where the caller says it apart from the query.
    Browse(Option<String>),
}

/// What the connector can list.
const LISTS: [&str; 4] = ["datasets", "sites", "libraries", "folders"];

impl Route {
    /// The words after a program's name.
    pub(crate) fn of_words(words: &[String]) -> Option<Self> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            [] | ["run"] => Some(Self::Run),
            ["check"] => Some(Self::Check),
            ["describe"] => Some(Self::Describe),
            ["browse"] => Some(Self::Browse(None)),
            ["browse", list] if LISTS.contains(&list) => Some(Self::Browse(Some(list.to_owned()))),
            _ => None,
        }
    }

    /// A method and a path without its query.
    pub(crate) fn of_request(method: &str, path: &str) -> Option<Self> {
        let words: Vec<String> = path
            .trim_matches('/')
            .split('/')
            .map(str::to_owned)
            .collect();
        let route = Self::of_words(&words)?;
        let wanted = match route {
            Self::Describe => "GET",
            _ => "POST",
        };
        (method == wanted && words != ["browse"]).then_some(route)
    }
}

/// A query with the list that the caller named apart.
pub(crate) fn query(document: &str, list: Option<&str>) -> String {
    let Some(list) = list else {
        return document.to_owned();
    };
    let query = serde_json::from_str::<Map<String, Value>>(document);
    let mut query = query.unwrap_or_default();
    query.insert("kind".to_owned(), Value::from(list));
    Value::Object(query).to_string()
}

/// Compares without telling by its time how much was right.
pub(crate) fn same(given: &[u8], wanted: &[u8]) -> bool {
    let differences = given
        .iter()
        .zip(wanted)
        .fold(0, |all, (a, b)| all | (a ^ b));
    given.len() == wanted.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_paths_lead_to_the_same_calls() {
        let words = |text: &str| {
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            Route::of_words(&words)
        };
        assert_eq!(words(""), Some(Route::Run));
        assert_eq!(words("check"), Some(Route::Check));
        assert_eq!(words("browse"), Some(Route::Browse(None)));
        assert_eq!(words("browse tables"), None);
        assert_eq!(words("run twice"), None);
        let sites = Route::Browse(Some("sites".to_owned()));
        assert_eq!(Route::of_request("POST", "/browse/sites"), Some(sites));
        assert_eq!(Route::of_request("POST", "/run"), Some(Route::Run));
        assert_eq!(Route::of_request("GET", "/describe"), Some(Route::Describe));
        for (method, path) in [
            ("GET", "/run"),
            ("POST", "/"),
            ("POST", "/browse"),
            ("POST", "/describe"),
        ] {
            assert_eq!(Route::of_request(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn what_is_listed_is_the_callers_to_name() {
        let named = query(r#"{"account": "a", "kind": "folders"}"#, Some("sites"));
        let named: Value = serde_json::from_str(&named).unwrap();
        assert_eq!(named["kind"], "sites");
        assert_eq!(named["account"], "a");
        assert_eq!(query("{}", None), "{}");
    }

    #[test]
    fn a_token_is_the_whole_one() {
        assert!(same(b"token", b"token"));
        for wrong in [&b""[..], b"toke", b"tokens", b"Token"] {
            assert!(!same(wrong, b"token"));
        }
    }
}
