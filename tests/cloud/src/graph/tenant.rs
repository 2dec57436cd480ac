//! The sites and libraries that the tenant begins with, chosen so that every way of finding one can go wrong.

use super::drive::{Drive, drive_id};

/// Host of every site's `webUrl`.
pub const HOST: &str = "contoso.sharepoint.com";

/// A site.
#[derive(Clone, Debug)]
pub struct Site {
    /// `host,siteCollectionGuid,webGuid`.
    pub id: String,
    /// Path of the web below `/sites/`, such as `Finance/Budget`; empty for the root site.
    pub name: String,
    /// `displayName`; may be blank, and may repeat.
    pub title: String,
    /// The group whose team site this is.
    pub group: Option<String>,
    /// Libraries, the default one first.
    pub drives: Vec<String>,
    /// Whether `search=*` forgets it, as SharePoint's index does with some.
    pub unindexed: bool,
}

impl Site {
    /// Path on the server without a leading slash: `sites/Finance`, empty for the root site.
    pub fn path(&self) -> String {
        if self.name.is_empty() {
            String::new()
        } else {
            format!("sites/{}", self.name)
        }
    }

    /// `https://contoso.sharepoint.com/sites/Finance`.
    pub fn web_url(&self) -> String {
        format!("https://{HOST}/{}", self.path())
            .trim_end_matches('/')
            .to_owned()
    }

    /// Whether a search for `text` finds it.
    pub fn matches(&self, text: &str) -> bool {
        let text = text.trim_matches('"').to_lowercase();
        match text.as_str() {
            "" | "*" => !self.unindexed,
            _ => {
                self.title.to_lowercase().contains(&text)
                    || self.name.to_lowercase().contains(&text)
            }
        }
    }
}

/// A library's display name, URL segment, and whether files in it must be checked in.
type Library = (&'static str, &'static str, bool);

const DOCUMENTS: Library = ("Documents", "Shared Documents", false);
const ARCHIVE: Library = ("Reports Archive", "Reports Archive", false);
const CONTRACTS: Library = ("Contracts", "Contracts", true);

/// Site names with their titles and libraries beyond `Documents`.
const SITES: [(&str, &str, &[Library]); 12] = [
    ("", "Contoso", &[]),
    ("Finance", "Finance", &[ARCHIVE]),
    ("Finance/Budget", "Budget", &[]),
    ("HR", "Human Resources", &[]),
    ("x7f3", "", &[]),
    ("Marketing", "Marketing Europe", &[]),
    ("MarketingAsia", "Marketing Asia", &[]),
    ("Projects", "Projects", &[]),
    ("Audit", "Audit", &[]),
    ("Legal", "Legal", &[CONTRACTS]),
    ("Vault", "Vault", &[]),
    ("Engineering", "Engineering", &[]),
];

/// How many more sites there are, so that lists take several pages.
const TEAMS: u64 = 6;
/// How many more libraries Engineering has.
const BRANCHES: usize = 9;

/// Names of the folders that HR's library begins with: enough for several pages, one in unusual case.
pub fn folders_of_hr() -> Vec<String> {
    let policies = (1..=24).map(|number| format!("Policies {number:02}"));
    policies.chain(["REPORTS".to_owned()]).collect()
}

/// The tenant's sites and libraries. Ids never change, whatever the seed.
pub fn sites() -> (Vec<Site>, Vec<Drive>) {
    let teams: Vec<(String, String)> = (1..=TEAMS)
        .map(|n| (format!("Team{n:02}"), format!("Team {n:02}")))
        .collect();
    let named = SITES
        .iter()
        .map(|(name, title, more)| (*name, *title, *more));
    let more = teams
        .iter()
        .map(|(name, title)| (name.as_str(), title.as_str(), &[] as &[Library]));
    let mut drives = Vec::new();
    let mut sites: Vec<Site> = Vec::new();
    for (number, (name, title, libraries)) in named.chain(more).enumerate() {
        let mut site = site(number as u64, name, title, &sites);
        for (name, segment, checkout) in std::iter::once(&DOCUMENTS).chain(libraries) {
            add_drive(&mut site, &mut drives, name, segment, *checkout);
        }
        if name == "Engineering" {
            for branch in 1..=BRANCHES {
                let name = format!("Branch {branch}");
                add_drive(&mut site, &mut drives, &name, &name, false);
            }
        }
        sites.push(site);
    }
    (sites, drives)
}

fn site(number: u64, name: &str, title: &str, known: &[Site]) -> Site {
    let collection = match name.split_once('/') {
        Some((parent, _)) => known
            .iter()
            .find(|site| site.name == parent)
            .map(|site| collection_of(&site.id)),
        None => None,
    };
    let collection = collection.unwrap_or_else(|| crate::guid(0x517e, number * 2));
    let web = crate::guid(0x517e, number * 2 + 1);
    Site {
        id: format!("{HOST},{collection},{web}"),
        name: name.to_owned(),
        title: title.to_owned(),
        group: ["Finance", "HR"]
            .contains(&name)
            .then(|| crate::guid(0x6000, number)),
        drives: Vec::new(),
        unindexed: name == "Vault",
    }
}

fn add_drive(site: &mut Site, drives: &mut Vec<Drive>, name: &str, segment: &str, checkout: bool) {
    let id = drive_id(drives.len() as u64);
    site.drives.push(id.clone());
    drives.push(Drive::new(id, site, name, segment, checkout));
}

fn collection_of(id: &str) -> String {
    id.split(',').nth(1).unwrap_or_default().to_owned()
}
