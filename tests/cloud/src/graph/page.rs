//! Lists in pages: small ones, so that every client must follow `@odata.nextLink`, whole and opaque.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::refusal::{Answer, Refusal};

/// Entries of a page, whatever larger `$top` asks for.
pub const PAGE: usize = 5;

/// One page of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Its entries.
    pub entries: Vec<T>,
    /// The `$skiptoken` of the next one.
    pub next: Option<String>,
}

/// Cuts a page out of a list; `list` names the list, so that a token works on its own list alone.
///
/// # Errors
/// 400 for a bad `$top` or a token of another list.
pub fn cut<T>(
    entries: Vec<T>,
    list: &str,
    top: Option<&str>,
    token: Option<&str>,
) -> Answer<Page<T>> {
    let top = match top {
        None => PAGE,
        Some(text) => match text.parse::<usize>() {
            Ok(top) if top > 0 => top.min(PAGE),
            _ => return Err(Refusal::invalid("Invalid value for $top.")),
        },
    };
    let skip = match token {
        None => 0,
        Some(token) => {
            read(token, list).ok_or_else(|| Refusal::invalid("The $skiptoken is not valid."))?
        }
    };
    let next = (skip + top < entries.len()).then(|| write(skip + top, list));
    Ok(Page {
        entries: entries.into_iter().skip(skip).take(top).collect(),
        next,
    })
}

fn write(skip: usize, list: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("Paged=TRUE&p_ID={skip}&of={list}"))
}

fn read(token: &str, list: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (skip, of) = text.strip_prefix("Paged=TRUE&p_ID=")?.split_once("&of=")?;
    (of == list).then(|| skip.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let list: Vec<u32> = (0..12).collect();
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let page = cut(list.clone(), "numbers", Some("1000"), token.as_deref()).unwrap();
            assert!(page.entries.len() <= 5);
            seen.extend(page.entries);
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, list);
    }

    #[test]
    fn foreign_tokens_and_bad_tops_are_refused() {
        let list: Vec<u32> = (0..12).collect();
        let token = cut(list.clone(), "a", None, None).unwrap().next.unwrap();
        assert!(cut(list.clone(), "b", None, Some(&token)).is_err());
        assert!(cut(list.clone(), "a", None, Some("5")).is_err());
        assert!(cut(list, "a", Some("0"), None).is_err());
    }
}
