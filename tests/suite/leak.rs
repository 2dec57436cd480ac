//! Watches every exit of a run, and searches what came out for secrets in any form.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use writeback_cloud::{Fault, State};
use writeback_host::{Level, Progress, Step};

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
pub fn session_of(query: &str) -> &str {
    let quoted = query.split('\'').nth(1);
    quoted
        .or_else(|| query.split("%27").nth(1))
        .expect("its id")
}

fn read_all(folder: &Path, seen: &Seen) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        seen.add(format!("{}\n", path.display()));
        if path.is_dir() {
            read_all(&path, seen);
        } else {
            seen.add(std::fs::read(&path).unwrap_or_default());
        }
    }
}

/// Every form in which a secret could be found in a text.
fn forms(secret: &str) -> Vec<String> {
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let mut forms = vec![
        secret.to_owned(),
        percent.replace("%20", "+"),
        percent.to_lowercase(),
        percent,
    ];
    let quoted = json!(secret).to_string();
    forms.push(quoted.trim_matches('"').to_owned());
    // Base64 has three alignments; the ends depend on what stands beside.
    for (shift, cut) in [(0, 0), (1, 2), (2, 3)] {
        let shifted = [&b"\0\0"[..shift], secret.as_bytes()].concat();
        for encoded in [
            STANDARD_NO_PAD.encode(&shifted),
            URL_SAFE_NO_PAD.encode(&shifted),
        ] {
            forms.push(encoded[cut..encoded.len() - 2].to_owned());
        }
    }
    forms
}

/// The secrets of which some form is in the text.
pub fn leaks<'a>(text: &str, secrets: &'a [(String, String)]) -> Vec<&'a str> {
    let leaked = |secret: &str| {
        forms(secret)
            .iter()
            .any(|form| text.contains(form.as_str()))
    };
    let found = secrets.iter().filter(|(_, secret)| leaked(secret));
    found.map(|(name, _)| name.as_str()).collect()
}
