//! Looks for secrets wherever it is shown bytes, and keeps what it found. It asks the simulated cloud for what is
//! secret by now, each time: tokens and URLs come into being while a job runs.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use writeback_cloud::State;

use crate::leak::secrets;
use crate::needles::{Needles, Secret};

/// Knows all secrets of a cloud.
pub struct Inspector {
    cloud: Arc<State>,
    more: Vec<(&'static str, String)>,
    known: Mutex<Known>,
    found: Mutex<BTreeSet<String>>,
    looks: AtomicUsize,
}

/// Secrets are never forgotten, also where the cloud forgets its tokens.
#[derive(Default)]
struct Known {
    secrets: Vec<Secret>,
    needles: Option<Needles>,
}

impl Inspector {
    /// Of a cloud, and of `more` that it does not know of.
    pub fn new(cloud: &Arc<State>, more: &[(&'static str, &str)]) -> Arc<Inspector> {
        let more = more.iter().map(|(name, text)| (*name, (*text).to_owned()));
        Arc::new(Inspector {
            cloud: Arc::clone(cloud),
            more: more.collect(),
            known: Mutex::default(),
            found: Mutex::default(),
            looks: AtomicUsize::new(0),
        })
    }

    /// Searches `bytes`, and remembers what is in them.
    pub fn look(&self, bytes: &[u8]) {
        self.looks.fetch_add(1, Relaxed);
        let found = self.search(bytes);
        locked(&self.found).extend(found);
    }

    /// What is in `bytes`.
    pub fn search(&self, bytes: &[u8]) -> BTreeSet<String> {
        let mut known = locked(&self.known);
        known.learn(&self.cloud, &self.more);
        let needles = known.needles.as_ref().expect("some secrets");
        needles.found(bytes)
    }

    /// What was found since this was last asked.
    pub fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *locked(&self.found))
    }

    /// How often it looked.
    pub fn looks(&self) -> usize {
        self.looks.load(Relaxed)
    }
}

impl Known {
    fn learn(&mut self, cloud: &State, more: &[(&'static str, String)]) {
        let before = self.secrets.len();
        let more = more
            .iter()
            .map(|(name, text)| Secret::new(*name, text.as_str()));
        for secret in secrets(cloud).into_iter().chain(more) {
            if !self.secrets.contains(&secret) {
                self.secrets.push(secret);
            }
        }
        if self.secrets.len() > before {
            self.needles = Some(Needles::of(&self.secrets));
        }
    }
}

/// A panic elsewhere does not make what was found less found.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
