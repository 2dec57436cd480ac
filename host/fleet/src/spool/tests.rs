//! What is found again, what is not, and what never lies on the disk.

use std::fs;
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use proptest::prelude::*;
use writeback_host::Bytes;
use writeback_host::spool::{Blob, Spool, SpoolStore as _};
use writeback_host::state::RunKey;

use super::Spools;
use super::cipher::{CHUNK, HEAD, TAG};

const NAME: &str = "export.csv";

fn spools(folder: &Path, tenant: &str, key: u8) -> Spools {
    Spools::new(folder.to_owned(), tenant, &[key; 32]).unwrap()
}

fn run(text: &str) -> RunKey {
    text.parse().unwrap()
}

async fn blob(spools: &Spools, run: Option<&str>) -> Box<dyn Blob> {
    let key: Option<RunKey> = run.map(|run| run.parse().unwrap());
    let mut spool: Box<dyn Spool> = spools.open(key.as_ref()).await.unwrap();
    spool.open(NAME).await.unwrap()
}

/// Rows that are nowhere by chance.
fn rows(bytes: usize) -> Vec<u8> {
    let row = |number| format!("{number},Amalie Noether,Erlangen,secret-row-{number}\n");
    let mut rows: Vec<u8> = (0..)
        .map(row)
        .flat_map(String::into_bytes)
        .take(bytes)
        .collect();
    rows.shrink_to_fit();
    rows
}

async fn keep(spools: &Spools, run: &str, content: &[u8]) {
    let mut blob = blob(spools, Some(run)).await;
    for part in content.chunks(50_000) {
        blob.append(Bytes::copy_from_slice(part)).await.unwrap();
    }
    blob.seal().await.unwrap();
}

async fn read(blob: &mut Box<dyn Blob>, offset: u64, length: u64) -> std::io::Result<Vec<u8>> {
    let reader = blob.read(offset, length).await?;
    let pieces: Vec<Bytes> = reader.try_collect().await?;
    Ok(pieces.concat())
}

/// What a next attempt finds.
async fn found(spools: &Spools, run: &str) -> Option<Vec<u8>> {
    let mut blob = blob(spools, Some(run)).await;
    let length = blob.sealed()?;
    Some(read(&mut blob, 0, length).await.unwrap())
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .collect()
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn what_was_sealed_is_found_again_and_nothing_of_it_lies_open() {
    let folder = tempfile::tempdir().unwrap();
    let spools = spools(&folder.path().join("a"), "a", 1);
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 8 * CHUNK, 20 * CHUNK + 7] {
        let content = rows(length);
        keep(&spools, "run", &content).await;
        assert!(found(&spools, "run").await.unwrap() == content, "{length}");
        let files = files(folder.path());
        assert_eq!(files.len(), 1);
        let sealed = fs::read(&files[0]).unwrap();
        let chunks = length / CHUNK + 1;
        assert_eq!(sealed.len(), HEAD + length + chunks * TAG);
        assert!(!contains(&sealed, b"Noether") && !contains(&sealed, b"secret-row"));
        assert_eq!(spools.kept(&run("run")), sealed.len() as u64);
        spools.remove(&run("run")).unwrap();
        assert_eq!(spools.kept(&run("run")), 0);
        assert!(found(&spools, "run").await.is_none());
        spools.remove(&run("run")).unwrap();
        spools.remove(&run("run")).unwrap();
    }
}

#[tokio::test]
async fn an_unfinished_blob_begins_anew_and_lies_open_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let spools = spools(&folder.path().join("a"), "a", 1);
    let content = rows(10 * CHUNK);
    let mut blob = blob(&spools, Some("run")).await;
    blob.append(content.clone().into()).await.unwrap();
    assert!(read(&mut blob, 0, content.len() as u64).await.unwrap() == content);
    let written = fs::read(&files(folder.path())[0]).unwrap();
    assert!(written.len() > 8 * CHUNK && !contains(&written, b"Noether"));
    drop(blob);
    assert!(found(&spools, "run").await.is_none());
}

#[tokio::test]
async fn a_blob_of_no_run_has_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let spools = spools(&folder.path().join("a"), "a", 1);
    let content = rows(10 * CHUNK + 5);
    let mut first = blob(&spools, None).await;
    first.append(content.clone().into()).await.unwrap();
    first.seal().await.unwrap();
    assert!(read(&mut first, 0, content.len() as u64).await.unwrap() == content);
    assert!(files(folder.path()).is_empty());
    assert_eq!(blob(&spools, None).await.sealed(), None);
}

#[tokio::test]
async fn an_emptied_blob_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let spools = spools(&folder.path().join("a"), "a", 1);
    keep(&spools, "run", &rows(2 * CHUNK)).await;
    let mut again = blob(&spools, Some("run")).await;
    assert_eq!(again.sealed(), Some(2 * CHUNK as u64));
    again.reset().await.unwrap();
    assert!(
        found(&spools, "run").await.is_none(),
        "it is not there until it is sealed"
    );
    let mut again = blob(&spools, Some("run")).await;
    again.append(Bytes::from_static(b"other")).await.unwrap();
    again.reset().await.unwrap();
    again.append(Bytes::from_static(b"new")).await.unwrap();
    again.seal().await.unwrap();
    again.seal().await.unwrap();
    assert!(again.append(Bytes::from_static(b"x")).await.is_err());
    assert_eq!(found(&spools, "run").await.unwrap(), b"new");
    assert_eq!(files(folder.path()).len(), 1);
}

/// What is done to a file.
type Damage = Box<dyn Fn(&mut Vec<u8>)>;

#[tokio::test]
async fn every_kind_of_damage_is_seen_when_a_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let spools = spools(&folder.path().join("a"), "a", 1);
    let content = rows(3 * CHUNK + 100);
    let sealed = CHUNK + TAG;
    let swapped = move |bytes: &mut Vec<u8>| {
        let (first, second) = bytes[HEAD..].split_at_mut(sealed);
        first.swap_with_slice(&mut second[..sealed]);
    };
    let damages: Vec<(&str, Damage)> = vec![
        ("a bit of what it is", Box::new(|bytes| bytes[0] ^= 1)),
        ("a bit of the key", Box::new(|bytes| bytes[HEAD - 1] ^= 1)),
        (
            "a bit of the first chunk",
            Box::new(|bytes| bytes[HEAD] ^= 1),
        ),
        (
            "a bit in the middle",
            Box::new(move |bytes| bytes[HEAD + sealed + 7] ^= 1),
        ),
        (
            "the last bit",
            Box::new(|bytes| *bytes.last_mut().unwrap() ^= 1),
        ),
        ("two chunks swapped", Box::new(swapped)),
        (
            "a chunk twice",
            Box::new(move |bytes| bytes.copy_within(HEAD..HEAD + sealed, HEAD + sealed)),
        ),
        (
            "a chunk left out",
            Box::new(move |bytes| drop(bytes.drain(HEAD..HEAD + sealed))),
        ),
        (
            "the last chunk left out",
            Box::new(move |bytes| bytes.truncate(HEAD + 3 * sealed)),
        ),
        (
            "chunks left out at the end",
            Box::new(move |bytes| bytes.truncate(HEAD + 2 * sealed)),
        ),
        (
            "a byte left out",
            Box::new(|bytes| bytes.truncate(bytes.len() - 1)),
        ),
        ("a byte added", Box::new(|bytes| bytes.push(0))),
        (
            "cut in the head",
            Box::new(|bytes| bytes.truncate(HEAD - 1)),
        ),
        ("cut after the head", Box::new(|bytes| bytes.truncate(HEAD))),
        ("empty", Box::new(Vec::clear)),
    ];
    for (what, damage) in damages {
        keep(&spools, "run", &content).await;
        assert!(found(&spools, "run").await.is_some());
        let file = &files(folder.path())[0];
        let mut bytes = fs::read(file).unwrap();
        damage(&mut bytes);
        fs::write(file, &bytes).unwrap();
        assert!(found(&spools, "run").await.is_none(), "{what}");
        // And the run exports again.
        keep(&spools, "run", &content).await;
        assert!(found(&spools, "run").await.is_some(), "{what}");
        spools.remove(&run("run")).unwrap();
    }
}

#[tokio::test]
async fn damage_while_a_run_reads_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let spools = spools(&folder.path().join("a"), "a", 1);
    keep(&spools, "run", &rows(20 * CHUNK)).await;
    let mut blob = blob(&spools, Some("run")).await;
    let file = &files(folder.path())[0];
    let mut bytes = fs::read(file).unwrap();
    bytes[HEAD + 10 * (CHUNK + TAG)] ^= 1;
    fs::write(file, &bytes).unwrap();
    read(&mut blob, 0, 8 * CHUNK as u64).await.unwrap();
    let error = read(&mut blob, 9 * CHUNK as u64, 5).await.map(drop);
    assert!(error.is_ok(), "another chunk is as it was");
    let error = read(&mut blob, 0, 11 * CHUNK as u64).await.unwrap_err();
    assert_eq!(error.to_string(), "what was kept is damaged: chunk 10");
}

#[tokio::test]
async fn no_file_stands_in_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let of = |tenant: &str, key| spools(&folder.path().join(tenant), tenant, key);
    let (a, b) = (of("a", 1), of("b", 2));
    keep(&a, "one", b"of a").await;
    keep(&b, "one", b"of b").await;
    let file =
        |tenant: &str, run: &str, name: &str| folder.path().join(tenant).join(run).join(name);
    let copy = |to: PathBuf| {
        crate::folder::create(to.parent().unwrap()).unwrap();
        fs::copy(file("a", "one", NAME), to).unwrap();
    };
    copy(file("a", "two", NAME));
    copy(file("b", "two", NAME));
    copy(file("a", "one", "other.csv"));
    assert!(found(&a, "two").await.is_none(), "another run's");
    assert!(found(&b, "two").await.is_none(), "another tenant's");
    let mut spool = a.open(Some(&run("one"))).await.unwrap();
    assert!(
        spool.open("other.csv").await.unwrap().sealed().is_none(),
        "another blob's"
    );
    assert_eq!(found(&a, "one").await.unwrap(), b"of a");
    // The same tenant under another key, and another tenant under the same key.
    for stranger in [
        of("a", 3),
        Spools::new(folder.path().join("a"), "b", &[1; 32]).unwrap(),
    ] {
        a.remove(&run("one")).unwrap();
        keep(&a, "one", b"of a").await;
        assert!(found(&stranger, "one").await.is_none());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn folders_and_files_are_their_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let spools = spools(&folder.path().join("spool/a"), "a", 1);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let blob = blob(&spools, Some("run")).await;
    assert_eq!(mode(&files(folder.path())[0]), 0o600, "while it is written");
    drop(blob);
    keep(&spools, "run", b"x").await;
    let file = &files(folder.path())[0];
    assert_eq!(mode(file), 0o600);
    for above in file.ancestors().skip(1).take(3) {
        assert_eq!(mode(above), 0o700, "{}", above.display());
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn ranges_are_those_of_the_content(
        length in 0..4 * CHUNK,
        parts in prop::collection::vec(1..2 * CHUNK, 1..8),
        ranges in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 8),
        sealed: bool,
    ) {
        let (folder, content) = (tempfile::tempdir().unwrap(), rows(length));
        let spools = spools(&folder.path().join("a"), "a", 1);
        runtime().block_on(async {
            let mut blob = blob(&spools, Some("run")).await;
            let (mut rest, mut parts) = (&content[..], parts.iter().cycle());
            while !rest.is_empty() {
                let part = rest.len().min(*parts.next().unwrap());
                blob.append(Bytes::copy_from_slice(&rest[..part])).await.unwrap();
                rest = &rest[part..];
            }
            if sealed {
                blob.seal().await.unwrap();
            }
            for (from, to) in ranges {
                let at = |share: f64| (share * length as f64) as usize;
                let (from, to) = (at(from.min(to)), at(from.max(to)));
                let read = read(&mut blob, from as u64, (to - from) as u64).await.unwrap();
                assert!(read == content[from..to], "{from}..{to} of {length}");
            }
        });
    }
}
