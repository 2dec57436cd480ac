//! Graph's addressing: which resource a URL path means. Pure: it never looks whether the resource exists.
//!
//! The path is decoded as a whole before it is parsed, because kiota writes `items/root%3A%2Fa.csv%3A/content`; no name can
//! hold `:` or `/`, so nothing becomes ambiguous. Doubled slashes (O365) count as one.

use percent_encoding::percent_decode_str;

/// A site as an address names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteRef {
    /// `root`, or the bare host name.
    Root,
    /// `host,guid,guid`, or a host name to be compared.
    Id(String),
    /// `{host}:/{server-relative path}`.
    Path(String, String),
    /// The team site of a group.
    Group(String),
}

/// A document library as an address names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriveRef {
    /// `/drives/{id}`.
    Id(String),
    /// `/sites/{site}/drive`.
    Default(SiteRef),
}

/// A drive item as an address names it: from an anchor, down a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemRef {
    /// An item id; `None` is the root of the library.
    pub anchor: Option<String>,
    /// Decoded names below the anchor.
    pub path: Vec<String>,
}

/// What a request addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `/sites`, which only searches.
    Sites,
    /// `/sites/getAllSites`.
    AllSites,
    /// One site.
    Site(SiteRef),
    /// Its subsites.
    Subsites(SiteRef),
    /// Its grants to `Sites.Selected` applications.
    Permissions(SiteRef),
    /// Its libraries.
    Drives(SiteRef),
    /// One library.
    Drive(DriveRef),
    /// One item, or with a name what hangs below it (`children`, `content`, `createUploadSession`, ...).
    Item(DriveRef, ItemRef, Option<String>),
}

/// Parses the part of a path after the version; `None` is an address that Graph does not know.
#[must_use]
pub fn parse(raw: &str) -> Option<Resource> {
    let decoded = percent_decode_str(raw).decode_utf8().ok()?;
    let path = collapse(&decoded);
    let (head, rest) = split(path.trim_start_matches('/'));
    match head {
        "sites" => sites(rest),
        "groups" => group(rest),
        "drives" => {
            let (id, rest) = split(rest);
            (!id.is_empty()).then(|| DriveRef::Id(id.to_owned()))?;
            below_drive(DriveRef::Id(id.to_owned()), rest)
        }
        _ => None,
    }
}

fn sites(rest: &str) -> Option<Resource> {
    let (head, after) = split(rest);
    match (head, after) {
        ("", _) => return Some(Resource::Sites),
        ("getAllSites" | "oneDrive.getAllSites" | "getAllSites()", "") => {
            return Some(Resource::AllSites);
        }
        _ => {}
    }
    let Some((host, path)) = head.split_once(':').map(|(host, _)| {
        let path = &rest[host.len() + 1..];
        (host, path)
    }) else {
        let site = match head {
            "root" => SiteRef::Root,
            id => SiteRef::Id(id.to_owned()),
        };
        return below_site(site, after);
    };
    let (path, below) = path.split_once(':').unwrap_or((path, ""));
    let site = SiteRef::Path(host.to_owned(), path.trim_matches('/').to_owned());
    below_site(site, below.trim_start_matches('/'))
}

fn group(rest: &str) -> Option<Resource> {
    let (id, rest) = split(rest);
    let site = SiteRef::Group(id.to_owned());
    let (head, below) = split(rest);
    match head {
        "drive" | "drives" => below_site(site, rest),
        "sites" => below_site(site, below.strip_prefix("root")?.trim_start_matches('/')),
        _ => None,
    }
}

fn below_site(site: SiteRef, rest: &str) -> Option<Resource> {
    let (head, below) = split(rest);
    match (head, below) {
        ("", _) => Some(Resource::Site(site)),
        ("sites", "") => Some(Resource::Subsites(site)),
        ("permissions", "") => Some(Resource::Permissions(site)),
        ("drives", "") => Some(Resource::Drives(site)),
        ("drives", below) => {
            let (id, below) = split(below);
            below_drive(DriveRef::Id(id.to_owned()), below)
        }
        ("drive", below) => below_drive(DriveRef::Default(site), below),
        _ => None,
    }
}

fn below_drive(drive: DriveRef, rest: &str) -> Option<Resource> {
    if rest.is_empty() {
        return Some(Resource::Drive(drive));
    }
    let (rest, is_root) = match rest.strip_prefix("items/") {
        Some(rest) => (rest, false),
        None => (rest, true),
    };
    let end = rest.find(['/', ':']).unwrap_or(rest.len());
    let (anchor, rest) = rest.split_at(end);
    if anchor.is_empty() || (is_root && anchor != "root") {
        return None;
    }
    let anchor = (anchor != "root").then(|| anchor.to_owned());
    let Some(path) = rest.strip_prefix(':') else {
        let path = Vec::new();
        return item(drive, ItemRef { anchor, path }, rest);
    };
    let (path, below) = path.split_once(':').unwrap_or((path, ""));
    let path = path
        .split('/')
        .filter(|name| !name.is_empty())
        .map(str::to_owned);
    let path = path.collect();
    item(drive, ItemRef { anchor, path }, below)
}

fn item(drive: DriveRef, item: ItemRef, below: &str) -> Option<Resource> {
    let below = below.trim_matches('/');
    if below.contains(['/', ':']) {
        return None;
    }
    let below = (!below.is_empty()).then(|| below.to_owned());
    Some(Resource::Item(drive, item, below))
}

fn split(path: &str) -> (&str, &str) {
    let (head, rest) = path.split_once('/').unwrap_or((path, ""));
    (head, rest)
}

fn collapse(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{DriveRef, ItemRef, Resource, SiteRef, parse};

    fn item(anchor: Option<&str>, path: &[&str], below: Option<&str>) -> Option<Resource> {
        Some(Resource::Item(
            DriveRef::Id("b!1".into()),
            ItemRef {
                anchor: anchor.map(Into::into),
                path: path.iter().map(|name| (*name).into()).collect(),
            },
            below.map(Into::into),
        ))
    }

    #[test]
    fn items_are_found_by_id_and_by_path() {
        for (raw, expected) in [
            ("/drives/b!1/root", item(None, &[], None)),
            (
                "/drives/b!1/items/root/children",
                item(None, &[], Some("children")),
            ),
            ("/drives/b%211/items/01A", item(Some("01A"), &[], None)),
            (
                "/drives/b!1/items/01A:/a%20b.csv:/content",
                item(Some("01A"), &["a b.csv"], Some("content")),
            ),
            (
                "/drives/b!1/items/01A:/a.csv",
                item(Some("01A"), &["a.csv"], None),
            ),
            (
                "/drives/b!1/items/01A:/a.csv:",
                item(Some("01A"), &["a.csv"], None),
            ),
            (
                "/drives/b!1/root:/Reports/Daily:/children",
                item(None, &["Reports", "Daily"], Some("children")),
            ),
            (
                "/drives/b!1/root:/50%25%20%23.csv",
                item(None, &["50% #.csv"], None),
            ),
            (
                "/drives/b!1/items/root%3A%2Fa.csv%3A/content",
                item(None, &["a.csv"], Some("content")),
            ),
            (
                "/drives/b!1/root://a.csv:/createUploadSession",
                item(None, &["a.csv"], Some("createUploadSession")),
            ),
            ("//drives/b!1//root:", item(None, &[], None)),
            ("/drives/b!1/other", None),
            ("/drives/b!1/items/", None),
            ("/drives/b!1/root:/a:b.csv:/content", None),
        ] {
            assert_eq!(parse(raw), expected, "{raw}");
        }
    }

    #[test]
    fn sites_are_found_in_every_documented_way() {
        let finance = || SiteRef::Path("contoso.sharepoint.com".into(), "sites/Finance".into());
        for (raw, expected) in [
            ("/sites", Some(Resource::Sites)),
            ("/sites/getAllSites", Some(Resource::AllSites)),
            ("/sites/oneDrive.getAllSites", Some(Resource::AllSites)),
            ("/sites/root", Some(Resource::Site(SiteRef::Root))),
            (
                "/sites/h,1,2",
                Some(Resource::Site(SiteRef::Id("h,1,2".into()))),
            ),
            (
                "/sites/h%2C1%2C2/drives",
                Some(Resource::Drives(SiteRef::Id("h,1,2".into()))),
            ),
            (
                "/sites/contoso.sharepoint.com:/sites/Finance",
                Some(Resource::Site(finance())),
            ),
            (
                "/sites/contoso.sharepoint.com:/sites/Finance:/drive",
                Some(Resource::Drive(DriveRef::Default(finance()))),
            ),
            (
                "/sites/contoso.sharepoint.com:/sites/Finance/",
                Some(Resource::Site(finance())),
            ),
            (
                "/groups/g1/sites/root",
                Some(Resource::Site(SiteRef::Group("g1".into()))),
            ),
            (
                "/groups/g1/drive",
                Some(Resource::Drive(DriveRef::Default(SiteRef::Group(
                    "g1".into(),
                )))),
            ),
            (
                "/sites/h,1,2/sites",
                Some(Resource::Subsites(SiteRef::Id("h,1,2".into()))),
            ),
            ("/sites/h,1,2/lists", None),
            ("/me/drive", None),
        ] {
            assert_eq!(parse(raw), expected, "{raw}");
        }
    }
}
