//! Files and folders as they are found on machines, in order and not. Runs as any user; owners other
//! than oneself need root to be made, so those are tested where the suite runs as root.

use std::fs::{Permissions, create_dir, set_permissions, write};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn folder(&self, name: &str, mode: u32) -> &Self {
        create_dir(self.path(name)).unwrap();
        self.mode(name, mode)
    }

    fn file(&self, name: &str, mode: u32) -> &Self {
        write(self.path(name), "s3cret").unwrap();
        self.mode(name, mode)
    }

    fn link(&self, name: &str, target: &str) -> &Self {
        symlink(target, self.path(name)).unwrap();
        self
    }

    fn mode(&self, name: &str, mode: u32) -> &Self {
        set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
        self
    }

    fn judge(&self, name: &str, readers: Readers) -> Result<(), String> {
        let path = self.path(name);
        check(&path, &File::open(&path).unwrap(), readers)
    }

    fn refused(&self, name: &str, why: &str) {
        let error = self.judge(name, Readers::Group).unwrap_err();
        assert!(error.starts_with(why), "{error}");
    }
}

#[test]
fn modes_are_for_whom_they_are_meant() {
    let place = Place::new();
    for (mode, owner, group, all) in [
        (0o600, true, true, true),
        (0o400, true, true, true),
        (0o640, false, true, true),
        (0o644, false, false, true),
        (0o604, false, false, true),
        (0o620, false, false, false),
        (0o602, false, false, false),
        (0o666, false, false, false),
    ] {
        place.file("secret", 0o600).mode("secret", mode);
        let judged = [Readers::Owner, Readers::Group, Readers::All]
            .map(|who| place.judge("secret", who).is_ok());
        assert_eq!(judged, [owner, group, all], "{mode:04o}");
    }
}

#[test]
fn a_file_in_a_folder_that_others_write_could_be_replaced() {
    let place = Place::new();
    place.folder("open", 0o777).file("open/secret", 0o600);
    place.refused("open/secret", "lies in `/");
    place.mode("open", 0o775);
    place.refused("open/secret", "lies in `/");
    // However deep.
    place
        .folder("open/own", 0o700)
        .file("open/own/secret", 0o600);
    place.refused("open/own/secret", "lies in `/");
    place.mode("open", 0o755);
    assert_eq!(place.judge("open/own/secret", Readers::Owner), Ok(()));
}

#[test]
fn in_a_sticky_folder_only_the_owner_replaces_a_file() {
    let place = Place::new();
    place.folder("tmp", 0o1777).file("tmp/secret", 0o600);
    assert_eq!(place.judge("tmp/secret", Readers::Owner), Ok(()));
}

/// `..data` is replaced as a whole when a secret changes.
#[test]
fn a_mount_of_kubernetes_is_in_order() {
    let place = Place::new();
    place
        .folder("mount", 0o1777)
        .folder("mount/..2031_01_02", 0o2755)
        .file("mount/..2031_01_02/secret", 0o440)
        .link("mount/..data", "..2031_01_02")
        .link("mount/secret", "..data/secret");
    assert_eq!(place.judge("mount/secret", Readers::Group), Ok(()));
}

#[test]
fn a_link_is_followed_to_where_it_leads() {
    let place = Place::new();
    place
        .folder("open", 0o777)
        .file("open/secret", 0o600)
        .link("relative", "open/../open/secret")
        .link("absolute", place.path("open/secret").to_str().unwrap())
        .folder("own", 0o700)
        .file("own/secret", 0o600);
    for link in ["relative", "absolute"] {
        place.refused(link, "lies in `/");
    }
    // A link in an open folder can be replaced, wherever it leads.
    place.link("open/link", "../own/secret");
    place.refused("open/link", "lies in `/");
}

/// What other users own, as far as this process may make such files.
#[test]
fn what_another_user_owns_is_not_trusted() {
    let place = Place::new();
    place
        .folder("tmp", 0o1777)
        .file("tmp/secret", 0o600)
        .folder("theirs", 0o755)
        .file("theirs/secret", 0o600);
    let give = |name: &str| std::os::unix::fs::chown(place.path(name), Some(4711), None);
    if rustix::process::geteuid().is_root() {
        give("tmp/secret").unwrap();
        place.refused("tmp/secret", "belongs to another user (uid 4711)");
        give("theirs").unwrap();
        place.refused("theirs/secret", "lies in `/");
    } else {
        assert!(give("theirs").is_err(), "only root gives files away");
        assert!(!trusted(4711) || rustix::process::geteuid().as_raw() == 4711);
    }
}
