//! Blobs, used well and badly.

use super::*;
use crate::boxed::BoxFuture;
use crate::quota::Quota;
use crate::spool::Files;
use crate::state::SystemDisk;

struct Given {
    state: tempfile::TempDir,
    spool: Spool,
    quota: u64,
}

fn room(quota: u64) -> Share {
    Share::of([Quota::new(quota, LimitExceeded::SpoolBytes)])
}

fn spool(state: &tempfile::TempDir, quota: u64) -> Spool {
    let files = Files::new(Arc::new(SystemDisk), state.path().to_owned());
    let key = "one".parse().unwrap();
    Spool::new(Arc::new(files), room(quota)).keeping(key)
}

fn given(quota: u64) -> Given {
    let state = tempfile::tempdir().unwrap();
    Given {
        spool: spool(&state, quota),
        state,
        quota,
    }
}

impl Given {
    async fn open(&mut self, name: &str) -> Result<(), Error> {
        self.spool.open(name).await
    }

    fn reopen(&mut self) {
        self.spool = spool(&self.state, self.quota);
    }
}

fn text(error: Error) -> String {
    match error {
        Error::Io(text) | Error::Full(text) => text,
        Error::Cancelled => "cancelled".to_owned(),
    }
}

#[tokio::test]
async fn bytes_come_back_as_they_were() {
    let mut given = given(1000);
    given.open("export.csv").await.unwrap();
    given
        .spool
        .append("export.csv", b"hello ".to_vec())
        .await
        .unwrap();
    given
        .spool
        .append("export.csv", b"world".to_vec())
        .await
        .unwrap();
    assert_eq!(
        given.spool.read("export.csv", 6, 100).await.unwrap(),
        b"world"
    );
    given.spool.seal("export.csv").await.unwrap();
    assert_eq!(
        given.spool.read("export.csv", 0, 5).await.unwrap(),
        b"hello"
    );
    assert_eq!(given.spool.read("export.csv", 11, 5).await.unwrap(), b"");
}

#[tokio::test]
async fn a_sealed_blob_survives_and_an_unsealed_one_is_reset() {
    let mut given = given(1000);
    for name in ["sealed", "open"] {
        given.open(name).await.unwrap();
        given.spool.append(name, b"bytes".to_vec()).await.unwrap();
    }
    given.spool.seal("sealed").await.unwrap();
    given.reopen();
    given.open("sealed").await.unwrap();
    given.open("open").await.unwrap();
    assert_eq!(given.spool.read("sealed", 0, 10).await.unwrap(), b"bytes");
    assert_eq!(given.spool.stored("open").unwrap().length, 0);
    assert!(given.spool.room.take(996).is_err());
    assert!(given.spool.room.take(995).is_ok());
    assert_eq!(
        text(
            given
                .spool
                .append("sealed", b"x".to_vec())
                .await
                .unwrap_err()
        ),
        "blob `sealed` is sealed"
    );
}

#[tokio::test]
async fn reset_frees_the_quota() {
    let mut given = given(5);
    given.open("a").await.unwrap();
    given.spool.append("a", b"12345".to_vec()).await.unwrap();
    assert_eq!(
        text(given.spool.append("a", b"6".to_vec()).await.unwrap_err()),
        "the run's spool has no room beyond 5 bytes (the limit is `limits.spool_bytes`)"
    );
    given.spool.seal("a").await.unwrap();
    given.spool.reset("a").await.unwrap();
    given.spool.append("a", b"abc".to_vec()).await.unwrap();
    given.spool.seal("a").await.unwrap();
    assert_eq!(given.spool.read("a", 0, 10).await.unwrap(), b"abc");
}

#[tokio::test]
async fn a_slice_lies_within_the_blob() {
    let mut given = given(100);
    given.open("a").await.unwrap();
    given.spool.append("a", b"12345".to_vec()).await.unwrap();
    let blob = Blob {
        name: "a".to_owned(),
    };
    assert!(given.spool.slice(&blob, 2, 3).await.is_ok());
    for (offset, length) in [(2, 4), (6, 0), (u64::MAX, 2)] {
        let sliced = given.spool.slice(&blob, offset, length).await;
        let error = sliced.err().unwrap();
        assert_eq!(
            error,
            NoSlice::Absent(format!(
                "blob `a` ends at 5 bytes, before {offset} + {length}"
            ))
        );
    }
}

#[tokio::test]
async fn names_are_not_paths() {
    let mut given = given(100);
    let long = "a".repeat(65);
    for name in [
        "",
        ".",
        "..",
        "../a",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "A",
        "a\0",
        ".hidden",
        "a.part",
        long.as_str(),
    ] {
        assert!(given.open(name).await.is_err(), "{name}");
    }
    for index in 0..BLOBS {
        given.open(&format!("blob-{index}")).await.unwrap();
    }
    assert_eq!(
        text(given.open("one-more").await.unwrap_err()),
        "a run has at most 64 blobs"
    );
}

/// A store that does not keep what is called bad.
struct Picky;

impl SpoolStore for Picky {
    fn open<'a>(
        &'a self,
        _: Option<&'a RunKey>,
    ) -> BoxFuture<'a, io::Result<Box<dyn spool::Spool>>> {
        Box::pin(async { Ok(Box::new(Picky) as Box<dyn spool::Spool>) })
    }
}

impl spool::Spool for Picky {
    fn open<'a>(&'a mut self, _: &'a str) -> BoxFuture<'a, io::Result<Box<dyn spool::Blob>>> {
        Box::pin(async { Ok(Box::new(Picky) as Box<dyn spool::Blob>) })
    }
}

impl spool::Blob for Picky {
    fn append(&mut self, bytes: Bytes) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            match &*bytes {
                b"bad" => Err(io::Error::other("bad bytes")),
                _ => Ok(()),
            }
        })
    }

    fn seal(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn reset(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn read(&mut self, _: u64, _: u64) -> BoxFuture<'_, io::Result<BlobReader>> {
        Box::pin(async { Ok(Box::pin(futures_util::stream::empty()) as BlobReader) })
    }
}

#[tokio::test]
async fn a_blob_whose_writing_failed_is_of_no_use_until_it_is_reset() {
    let mut spool = Spool::new(Arc::new(Picky), room(100));
    spool.open("a").await.unwrap();
    let failed = spool.append("a", b"bad".to_vec()).await.unwrap_err();
    assert_eq!(text(failed), "the spool: bad bytes");
    let broken = "writing to blob `a` failed before";
    assert_eq!(
        text(spool.append("a", b"good".to_vec()).await.unwrap_err()),
        broken
    );
    assert_eq!(text(spool.seal("a").await.unwrap_err()), broken);
    assert_eq!(text(spool.read("a", 0, 1).await.unwrap_err()), broken);
    spool.reset("a").await.unwrap();
    spool.append("a", b"good".to_vec()).await.unwrap();
    spool.seal("a").await.unwrap();
}
