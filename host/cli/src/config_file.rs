//! Changes the configuration's file: its comments and its order stay, and after a crash it is the old one or the
//! whole new one. Never puts a secret there.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table};

use crate::config;
use crate::error::Error;

/// A configuration that is being changed. Other commands that change it wait meanwhile.
pub struct ConfigFile {
    path: PathBuf,
    document: DocumentMut,
    _lock: Option<File>,
}

impl ConfigFile {
    /// Reads the file at `path`, or begins an empty one.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let lock = lock(folder(path));
        let text = match path.exists() {
            true => {
                // What is wrong in it is told first, and as always.
                config::load(path)?;
                std::fs::read_to_string(path)
                    .map_err(|cause| failed("cannot read", path, &cause))?
            }
            false => String::new(),
        };
        let document = text
            .parse()
            .map_err(|_| invalid(path, "is not valid TOML"))?;
        Ok(Self {
            path: path.to_owned(),
            document,
            _lock: lock,
        })
    }

    /// Whether it has a table of this name.
    pub fn has(&self, name: &str) -> bool {
        self.document.contains_key(name)
    }

    /// Whether it has an account of this name.
    pub fn has_account(&self, name: &str) -> bool {
        let accounts = self.document.get("accounts").and_then(Item::as_table_like);
        accounts.is_some_and(|accounts| accounts.contains_key(name))
    }

    /// Adds a table at the end.
    pub fn add(&mut self, name: &str, table: Table) {
        self.document.insert(name, Item::Table(table));
    }

    /// Adds an account; `false` where there is one of this name.
    pub fn add_account(&mut self, name: &str, account: Table) -> Result<bool, Error> {
        let accounts = self.document.entry("accounts").or_insert_with(|| {
            let mut accounts = Table::new();
            accounts.set_implicit(true);
            Item::Table(accounts)
        });
        let accounts = accounts
            .as_table_like_mut()
            .ok_or_else(|| invalid(&self.path, "has no table `accounts`"))?;
        if accounts.contains_key(name) {
            return Ok(false);
        }
        accounts.insert(name, Item::Table(account));
        Ok(true)
    }

    /// Takes an account away, with the comment right above it.
    pub fn remove_account(&mut self, name: &str) {
        let accounts = self.document.get_mut("accounts");
        let Some(accounts) = accounts.and_then(Item::as_table_like_mut) else {
            return;
        };
        let Some(removed) = accounts.remove(name) else {
            return;
        };
        let above = removed.as_table().and_then(|table| {
            let prefix = table.decor().prefix()?.as_str()?;
            Some((table.position()?, kept(prefix)?))
        });
        if let Some((position, text)) = above {
            put_above_next(&mut self.document, position, &text);
        }
    }

    /// The text that would be written.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// Replaces the file.
    pub fn save(&self) -> Result<(), Error> {
        // A link stays one.
        let path = self
            .path
            .canonicalize()
            .unwrap_or_else(|_| self.path.clone());
        self.replace(&path)
            .map_err(|cause| failed("cannot write", &self.path, &cause))
    }

    fn replace(&self, path: &Path) -> std::io::Result<()> {
        let mut new = tempfile::NamedTempFile::new_in(folder(path))?;
        new.write_all(self.text().as_bytes())?;
        if let Ok(old) = std::fs::metadata(path) {
            keep_access(new.as_file(), &old)?;
        }
        new.as_file().sync_all()?;
        new.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// The folder of a path, which for a bare name is the current one.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Where a file system cannot lock a folder, the file is still replaced as a whole.
fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.lock().ok()?;
    Some(file)
}

#[cfg(unix)]
fn keep_access(new: &File, old: &std::fs::Metadata) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    new.set_permissions(old.permissions())?;
    // Only root may give a file away; for anyone else it is theirs already, or the new one becomes so.
    let _ = fchown(new, Some(old.uid()), Some(old.gid()));
    Ok(())
}

#[cfg(not(unix))]
fn keep_access(new: &File, old: &std::fs::Metadata) -> std::io::Result<()> {
    new.set_permissions(old.permissions())
}

/// Of what stands above a table, all that an empty line sets apart from it.
fn kept(prefix: &str) -> Option<String> {
    let end = prefix.trim_end().rfind("\n\n")?;
    let text = &prefix[..end];
    (!text.trim().is_empty()).then(|| text.to_owned() + "\n")
}

/// Puts `text` above the table that comes next in the file, or at its end.
fn put_above_next(document: &mut DocumentMut, position: isize, text: &str) {
    let next = positions(document.as_table())
        .into_iter()
        .filter(|other| *other > position)
        .min();
    match next.and_then(|next| at_position(document.as_table_mut(), next)) {
        Some(table) => {
            let below = table.decor().prefix().and_then(|raw| raw.as_str());
            let prefix = format!("{text}{}", below.unwrap_or_default());
            table.decor_mut().set_prefix(prefix);
        }
        None => {
            let below = document.trailing().as_str().unwrap_or_default();
            document.set_trailing(format!("{text}{below}"));
        }
    }
}

fn positions(table: &Table) -> Vec<isize> {
    let own = table.position().filter(|_| !table.is_implicit());
    let below = table.iter().filter_map(|(_, item)| item.as_table());
    own.into_iter().chain(below.flat_map(positions)).collect()
}

fn at_position(table: &mut Table, position: isize) -> Option<&mut Table> {
    if table.position() == Some(position) && !table.is_implicit() {
        return Some(table);
    }
    let mut below = table.iter_mut().filter_map(|(_, item)| item.as_table_mut());
    below.find_map(|table| at_position(table, position))
}

fn invalid(path: &Path, what: &str) -> Error {
    Error::configuration("config-invalid", format!("`{}` {what}", path.display()))
}

fn failed(what: &str, path: &Path, cause: &std::io::Error) -> Error {
    Error::configuration("config-unreadable", format!("{what} `{}`", path.display())).because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Ours.

# Of the sales team.
[accounts.domo] # not mine
kind = 'domo'
client_id = \"1\"   # from the admin
client_secret = { env = 'A' }

# The library.
[accounts.share]
kind = 'entra'
tenant = 'contoso.com'
client_id = '2'
client_secret = {env='B'}

[limits]
requests = 5
# The end.
";

    fn written(text: &str, change: impl FnOnce(&mut ConfigFile)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("writeback.toml");
        std::fs::write(&path, text).unwrap();
        let mut file = ConfigFile::open(&path).unwrap();
        change(&mut file);
        file.save().unwrap();
        std::fs::read_to_string(&path).unwrap()
    }

    fn account() -> Table {
        let mut account = Table::new();
        account.insert("kind", "domo".into());
        account
    }

    #[test]
    fn what_is_added_leaves_the_rest_as_it_was() {
        let text = written(TEXT, |file| {
            assert!(!file.add_account("share", account()).unwrap());
            assert!(file.add_account("two words", account()).unwrap());
        });
        let added = "[accounts.\"two words\"]\nkind = \"domo\"\n";
        assert_eq!(text.replace(&format!("\n{added}"), ""), TEXT);
        assert_eq!(
            written("", |file| assert!(
                file.add_account("a", account()).unwrap()
            )),
            "[accounts.a]\nkind = \"domo\"\n"
        );
    }

    #[test]
    fn what_is_removed_takes_its_own_comment_along() {
        let text = written(TEXT, |file| file.remove_account("domo"));
        let rest = &TEXT[TEXT.find("\n# The library.").unwrap()..];
        assert_eq!(text, format!("# Ours.\n{rest}"));
        let text = written(TEXT, |file| file.remove_account("share"));
        let (from, to) = (TEXT.find("\n# The library."), TEXT.find("\n[limits]"));
        assert_eq!(
            text,
            format!("{}{}", &TEXT[..from.unwrap()], &TEXT[to.unwrap()..])
        );
    }

    #[test]
    fn an_inline_table_stays_one() {
        let text = "accounts = { a = { kind = 'domo', client_id = '1', client_secret = { env = 'A' } } }\n";
        let text = written(text, |file| {
            assert!(file.add_account("b", account()).unwrap())
        });
        assert!(
            text.contains("b = { kind = \"domo\" }") && text.lines().count() == 1,
            "{text}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one_and_a_mode_what_it_was() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        std::fs::write(&real, TEXT).unwrap();
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        let mut file = ConfigFile::open(&link).unwrap();
        file.remove_account("domo");
        file.save().unwrap();
        assert!(link.is_symlink());
        assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o640);
        assert!(
            !std::fs::read_to_string(&real)
                .unwrap()
                .contains("[accounts.domo]")
        );
    }
}
