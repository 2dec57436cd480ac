//! The state of a run in one piece, for a program that keeps it in a place of its own: checkpoint and links
//! together, so that what was kept is one moment of the run.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::frame::{self, Kind};
use super::lease::Kept;
use super::record::Digests;
use super::saved_links::{self, Entry, SavedLinks};
use crate::boxed::BoxFuture;

/// Keeps what a run needs to go on in a place of the program's own, such as a database.
/// [`Run::keep_by`](crate::Run::keep_by) takes one.
pub trait Keeper: Send + Sync {
    /// Keeps `state` in the place of what was kept of the run before. Returns once it would be found again
    /// after a crash: the component goes on only then. It holds secrets, and at most a few MiB.
    ///
    /// # Errors
    /// Why it is not kept. The text is shown to people.
    fn keep(&self, state: Zeroizing<Vec<u8>>) -> BoxFuture<'_, io::Result<()>>;
}

/// What a program keeps for a run.
#[derive(Clone)]
pub(crate) struct Handed {
    pub(crate) keeper: Arc<dyn Keeper>,
    /// What the run is of.
    pub(crate) of: Digests,
}

#[derive(Serialize, Deserialize)]
struct Document<S> {
    of: Digests,
    /// Base64.
    checkpoint: S,
    links: Vec<Entry<S>>,
}

impl Handed {
    /// Returns once the program has kept both.
    pub(crate) async fn save(&self, checkpoint: &[u8], links: &SavedLinks) -> io::Result<()> {
        let checkpoint = STANDARD.encode(checkpoint);
        let document = Document {
            of: self.of.clone(),
            checkpoint: checkpoint.as_str(),
            links: saved_links::entries(links),
        };
        let content = Zeroizing::new(serde_json::to_vec(&document)?);
        self.keeper.keep(frame::framed(Kind::Kept, &content)).await
    }

    /// What an earlier attempt had kept.
    ///
    /// # Errors
    /// Why it is of no use to this one.
    pub(crate) fn read(&self, kept: &[u8]) -> Result<Kept, &'static str> {
        const DAMAGED: &str = "what was kept of it is damaged or of another version";
        let content = frame::content(kept, Kind::Kept).ok_or(DAMAGED)?;
        let document: Document<String> = serde_json::from_slice(content).map_err(|_| DAMAGED)?;
        if document.of.job != self.of.job {
            return Err("what was kept of it is another job's");
        }
        if document.of.component != self.of.component {
            return Err("it was begun by another build of the component");
        }
        let checkpoint = STANDARD.decode(&document.checkpoint).map_err(|_| DAMAGED)?;
        let kept = Kept {
            checkpoint: Some(checkpoint),
            links: saved_links::links(document.links),
        };
        kept.whole().map_err(|_| DAMAGED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::saved_links::SavedLink;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Last(Mutex<Vec<u8>>);

    impl Keeper for Last {
        fn keep(&self, state: Zeroizing<Vec<u8>>) -> BoxFuture<'_, io::Result<()>> {
            *self.0.lock().unwrap() = state.to_vec();
            Box::pin(async { Ok(()) })
        }
    }

    fn digests(job: &str, component: &str) -> Digests {
        Digests {
            job: job.to_owned(),
            component: component.to_owned(),
        }
    }

    async fn kept(checkpoint: &[u8]) -> (Handed, Vec<u8>) {
        let last = Arc::new(Last::default());
        let handed = Handed {
            keeper: last.clone(),
            of: digests("job", "component"),
        };
        let link = SavedLink {
            url: Zeroizing::new("https://a/?tempauth=x".to_owned()),
            account: "sharepoint".to_owned(),
        };
        handed.save(checkpoint, &[(7, link)].into()).await.unwrap();
        let bytes = last.0.lock().unwrap().clone();
        (handed, bytes)
    }

    #[tokio::test]
    async fn checkpoint_and_links_come_back_together() {
        let (handed, bytes) = kept(b"at link:7").await;
        let read = handed.read(&bytes).unwrap();
        assert_eq!(read.checkpoint.unwrap(), b"at link:7");
        assert_eq!(read.links[&7].url.as_str(), "https://a/?tempauth=x");
        assert_eq!(read.links[&7].account, "sharepoint");
    }

    #[tokio::test]
    async fn what_is_damaged_or_anothers_is_refused() {
        let (mut handed, bytes) = kept(b"at link:7").await;
        let refused = |handed: &Handed, bytes: &[u8]| handed.read(bytes).err().unwrap_or_default();
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(refused(&handed, &bad).contains("damaged"), "bit at {at}");
            assert!(
                refused(&handed, &bytes[..at]).contains("damaged"),
                "cut at {at}"
            );
        }
        let (_, lost) = kept(b"at link:8").await;
        assert!(
            refused(&handed, &lost).contains("damaged"),
            "an unknown link"
        );
        handed.of = digests("other", "component");
        assert!(refused(&handed, &bytes).contains("another job"));
        handed.of = digests("job", "other");
        assert!(refused(&handed, &bytes).contains("another build"));
    }
}
