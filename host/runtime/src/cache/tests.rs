//! What is kept, what is believed, and what is ignored and written anew.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use ring::digest::{SHA256, digest};
use tempfile::TempDir;
use wasmtime::{Config, OptLevel};

use super::*;

/// Two components without anything in them; the second has a custom section of its own.
const ONE: &[u8] = b"\0asm\x0d\0\x01\0";
const OTHER: &[u8] = b"\0asm\x0d\0\x01\0\0\x02\x01x";

fn sha256(component: &[u8]) -> Digest {
    digest(&SHA256, component)
}

fn engine(level: OptLevel) -> Engine {
    let mut config = Config::new();
    config.cranelift_opt_level(level);
    Engine::new(&config).unwrap()
}

struct Desk {
    folder: TempDir,
    engine: Engine,
}

impl Desk {
    /// With the code of [`ONE`] kept.
    fn warm() -> Self {
        let desk = Self {
            folder: TempDir::new().unwrap(),
            engine: engine(OptLevel::Speed),
        };
        assert_eq!(desk.load(ONE), CodeSource::Compiler);
        assert_eq!(desk.load(ONE), CodeSource::Cache);
        desk
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("deep/cache")
    }

    fn file(&self, component: &[u8]) -> PathBuf {
        let identity = Identity::of(&self.engine, sha256(component));
        self.cache().join(identity.file_name())
    }

    fn load(&self, component: &[u8]) -> CodeSource {
        load(
            &self.engine,
            component,
            sha256(component),
            Some(&self.cache()),
        )
        .unwrap()
        .1
    }

    /// What was there is ignored, and mended.
    fn rebuilds(&self, what: &str) {
        assert_eq!(self.load(ONE), CodeSource::Compiler, "{what}");
        assert_eq!(self.load(ONE), CodeSource::Cache, "{what}");
    }

    fn refuses(&self, why: &str) {
        match self.load(ONE) {
            CodeSource::CompilerAlone(text) => assert!(text.contains(why), "{text}"),
            other => panic!("{why}: {other:?}"),
        }
    }
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn without_a_cache_everything_is_compiled() {
    for _ in 0..2 {
        let loaded = load(&engine(OptLevel::Speed), ONE, sha256(ONE), None).unwrap();
        assert_eq!(loaded.1, CodeSource::Compiler);
    }
}

#[test]
fn what_is_kept_is_private() {
    let desk = Desk::warm();
    let modes = [
        (desk.cache(), 0o700),
        (desk.cache().join("key"), 0o600),
        (desk.file(ONE), 0o600),
    ];
    for (path, mode) in modes {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
    }
    assert_eq!(std::fs::read_dir(desk.cache()).unwrap().count(), 2);
}

#[test]
fn a_byte_changed_anywhere_is_noticed() {
    let desk = Desk::warm();
    let file = desk.file(ONE);
    let good = std::fs::read(&file).unwrap();
    let folder = Folder::open(&desk.cache()).unwrap();
    let identity = Identity::of(&desk.engine, sha256(ONE));
    let opens = |bytes: &[u8]| entry::open(folder.key(), &identity, bytes).is_some();
    assert!(opens(&good));
    // All of the head, and a few of the many bytes of code.
    for at in (0..200)
        .chain((200..good.len()).step_by(997))
        .chain([good.len() - 1])
    {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(!opens(&bad), "byte {at}");
    }
    for at in [0, 31, 32, 100, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 0x80;
        std::fs::write(&file, bad).unwrap();
        desk.rebuilds(&format!("byte {at}"));
    }
}

#[test]
fn a_file_that_is_short_long_or_empty_is_noticed() {
    let desk = Desk::warm();
    let file = desk.file(ONE);
    let good = std::fs::read(&file).unwrap();
    for length in [0, 1, 31, 32, 33, 122, good.len() / 2, good.len() - 1] {
        std::fs::write(&file, &good[..length]).unwrap();
        desk.rebuilds(&format!("{length} bytes"));
    }
    std::fs::write(&file, [&good[..], b"\0"].concat()).unwrap();
    desk.rebuilds("a byte more");
}

#[test]
fn another_key_opens_nothing() {
    let desk = Desk::warm();
    let key = desk.cache().join("key");
    for other in [&[7; 32][..], &[7; 5], &[]] {
        std::fs::write(&key, other).unwrap();
        desk.rebuilds(&format!("a key of {} bytes", other.len()));
    }
    std::fs::remove_file(&key).unwrap();
    desk.rebuilds("no key");
}

#[test]
fn the_code_of_another_component_is_not_taken() {
    let desk = Desk::warm();
    assert_eq!(desk.load(OTHER), CodeSource::Compiler);
    assert_ne!(desk.file(ONE), desk.file(OTHER));
    std::fs::copy(desk.file(OTHER), desk.file(ONE)).unwrap();
    desk.rebuilds("another component");
    assert_eq!(desk.load(OTHER), CodeSource::Cache);
}

#[test]
fn the_code_of_another_compiler_is_not_taken() {
    let mut desk = Desk::warm();
    let file = desk.file(ONE);
    desk.engine = engine(OptLevel::None);
    assert_eq!(desk.file(ONE), file, "the same component");
    desk.rebuilds("other settings");
    desk.engine = engine(OptLevel::Speed);
    desk.rebuilds("settings of before");
}

#[test]
fn a_folder_that_others_can_write_is_not_used() {
    let desk = Desk::warm();
    for open in [0o777, 0o770, 0o702, 0o755] {
        mode(&desk.cache(), open);
        desk.refuses("is open to others");
    }
    mode(&desk.cache(), 0o700);
    assert_eq!(desk.load(ONE), CodeSource::Cache);
}

#[test]
fn a_folder_that_cannot_be_used_is_no_error() {
    let desk = Desk::warm();
    std::fs::remove_dir_all(desk.cache()).unwrap();
    std::fs::write(desk.cache(), "not a folder").unwrap();
    desk.refuses("cannot be used");
    std::fs::remove_file(desk.cache()).unwrap();
    // Nor one in which the file cannot be replaced, as when the disk is full.
    std::fs::create_dir_all(desk.file(ONE)).unwrap();
    mode(&desk.cache(), 0o700);
    desk.refuses("cannot be used");
    let left = std::fs::read_dir(desk.cache()).unwrap();
    assert_eq!(left.count(), 2, "the key and what is in the way");
}

#[test]
fn many_at_once_agree() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache");
    let starting = || {
        load(&engine(OptLevel::Speed), ONE, sha256(ONE), Some(&cache))
            .unwrap()
            .1
    };
    let sources: Vec<CodeSource> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(starting)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(
        !sources
            .iter()
            .any(|source| matches!(source, CodeSource::CompilerAlone(_))),
        "{sources:?}"
    );
    assert_eq!(starting(), CodeSource::Cache);
    assert_eq!(
        std::fs::read_dir(&cache).unwrap().count(),
        2,
        "a key and a file"
    );
}

#[test]
fn the_oldest_of_many_is_forgotten() {
    let desk = Desk::warm();
    for number in 0..20 {
        let mut component = OTHER.to_vec();
        *component.last_mut().unwrap() = number;
        assert_eq!(desk.load(&component), CodeSource::Compiler);
        assert_eq!(desk.load(&component), CodeSource::Cache);
    }
    assert_eq!(std::fs::read_dir(desk.cache()).unwrap().count(), 9);
}

/// What is in the file is code for a processor: it must not run for having the right head.
#[test]
fn a_sealed_file_of_nonsense_is_stale() {
    let desk = Desk::warm();
    let folder = Folder::open(&desk.cache()).unwrap();
    let identity = Identity::of(&desk.engine, sha256(ONE));
    let sealed = entry::seal(folder.key(), &identity, b"nonsense");
    std::fs::write(desk.file(ONE), sealed).unwrap();
    desk.rebuilds("nonsense");
}
