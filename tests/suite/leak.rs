//! Watches every exit of a run, and knows which secrets must not come out.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::util::SubscriberInitExt;
use writeback_cloud::{Fault, State};
use writeback_host::{Level, Progress, Step};

use crate::needles::Secret;
use crate::trouble::status;

/// Everything that came out, in order.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<u8>>>);

impl Seen {
    /// Adds what came out.
    pub fn add(&self, bytes: impl AsRef<[u8]>) {
        self.0
            .lock()
            .expect("a lock")
            .extend_from_slice(bytes.as_ref());
    }

    /// All of it, as it came.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("a lock").clone()
    }

    /// All of it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("a lock")).into_owned()
    }
}

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sees progress and, at each step, every file of the state folder.
pub struct Watcher {
    /// Where it goes.
    pub seen: Seen,
    /// The state folder.
    pub folder: PathBuf,
    /// Where the next fragment is refused with a text that repeats its URL.
    pub echo: Option<Arc<State>>,
}

impl Progress for Watcher {
    fn report(&self, step: Step) {
        self.seen.add(format!("{step:?}\n"));
        read_all(&self.folder, &self.seen);
        if let (Step::Uploading(1.., _), Some(cloud)) = (step, &self.echo) {
            repeat_the_url(cloud);
        }
    }

    fn log(&self, level: Level, text: &str) {
        self.seen.add(format!("{level:?} {text}\n"));
    }
}

/// Refuses the next fragment with its own URL, and with the secret part of it alone.
fn repeat_the_url(cloud: &State) {
    let requests = cloud.log.since(0);
    let fragment = requests
        .iter()
        .rfind(|request| request.method == "PUT" && request.path.ends_with("/uploadSession"))
        .expect("a fragment");
    let query = fragment.query.as_deref().expect("a query");
    let tempauth = cloud
        .graph
        .tempauth(&format!("upload {}", session_of(query)));
    let url = format!("{}?{query}", fragment.path).replace("redacted", &tempauth);
    let text = format!(
        "PUT {}{url} and PUT {url}: {tempauth} is spent",
        cloud.urls.upload
    );
    let refusal = status(403, "", "accessDenied").replace("As planned.", &text);
    let rule =
        format!("[[fault]]\nmethod = \"PUT\"\npath = \"/uploadSession\"\naction = {refusal}\n");
    cloud.faults.add(Fault::parse_list(&rule).expect("a rule"));
}

/// The id of an upload session, from its URL's query.
fn session_of(query: &str) -> &str {
    let quoted = query.split('\'').nth(1);
    quoted
        .or_else(|| query.split("%27").nth(1))
        .expect("its id")
}

/// A subscriber that writes all there is to `seen`.
pub fn everything(seen: Seen) -> impl SubscriberInitExt {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || seen.clone())
        .finish()
}

/// Adds every file below `folder`, and its path. Not what the sign-ins of people leave: their refresh tokens are kept there.
pub fn read_all(folder: &Path, seen: &Seen) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        seen.add(format!("{}\n", path.display()));
        // Who signed in, and where an upload under way goes, are kept for their user alone.
        if path.ends_with("accounts") || path.ends_with("links") {
            continue;
        }
        if path.is_dir() {
            read_all(&path, seen);
        } else {
            seen.add(std::fs::read(&path).unwrap_or_default());
        }
    }
}

/// All that must stay inside: what the simulated services know their clients by, and what they have issued so far.
pub fn secrets(cloud: &State) -> Vec<Secret> {
    let known = cloud.credentials().into_iter();
    let secrets = known.map(|(name, text)| match text.contains("-----BEGIN") {
        true => Secret::new(name, der_of(&text)),
        false => Secret::new(name, text),
    });
    secrets.collect()
}

/// The bytes in a PEM.
pub fn der_of(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    STANDARD.decode(lines.collect::<String>()).expect("PEM")
}
