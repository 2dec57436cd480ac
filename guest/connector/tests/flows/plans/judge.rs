//! The promises, held against what SharePoint's store says; never against the receipt alone.

use super::faults::{RIVAL, Tag};
use super::play::{Scene, Version};
use crate::world::{ADDED, CHANGED, Entry};
use serde_json::Value;
use std::collections::BTreeSet;
use writeback_connector::error::{Code, Failure};
use writeback_connector::quickxor::QuickXor;

/// An error says which promise was broken.
pub type Judged = Result<(), String>;

pub fn must(promise: &str, kept: bool) -> Judged {
    match kept {
        true => Ok(()),
        false => Err(promise.to_owned()),
    }
}

impl Scene<'_> {
    fn any(&self, tag: Tag) -> bool {
        self.tags.contains(&tag)
    }

    /// The files that requests made or wrote to, by id.
    fn written(&self) -> BTreeSet<String> {
        let state = self.world.state();
        state
            .sharepoint
            .commits
            .iter()
            .map(|commit| commit.id.clone())
            .collect()
    }

    fn whole(&self, bytes: &[u8]) -> bool {
        self.versions.iter().any(|version| version.bytes == bytes)
    }

    /// A whole version, but for what SharePoint made of it.
    fn altered(&self, bytes: &[u8]) -> bool {
        let changed = |version: &Version| {
            bytes.first() == Some(&CHANGED) && bytes.get(1..) == version.bytes.get(1..)
        };
        let added = bytes.strip_suffix(ADDED);
        added.is_some_and(|bytes| self.whole(bytes)) || self.versions.iter().any(changed)
    }

    /// New files that hold what a run wrote.
    fn new_files(&self) -> usize {
        let state = self.world.state();
        let items = state.sharepoint.items.iter();
        let new = items.filter(|(id, _)| !self.before.contains_key(*id));
        let contents = new.filter_map(|(_, entry)| entry.content.as_ref());
        contents
            .filter(|bytes| self.whole(bytes) || self.altered(bytes))
            .count()
    }

    fn alterations_left(&self) -> usize {
        let state = self.world.state();
        let contents = state
            .sharepoint
            .items
            .values()
            .filter_map(|entry| entry.content.as_ref());
        contents.filter(|bytes| self.altered(bytes)).count()
    }
}

/// Every file is what it was, a whole export, or somebody else's; and none is left half open.
pub fn files(scene: &Scene<'_>) -> Judged {
    let state = scene.world.state();
    for (id, entry) in &state.sharepoint.items {
        let Some(bytes) = &entry.content else {
            continue;
        };
        let old = scene
            .before
            .get(id)
            .and_then(|entry| entry.content.as_ref());
        let right = old == Some(bytes)
            || scene.whole(bytes)
            || (scene.any(Tag::Rival) && bytes == RIVAL)
            || (scene.any(Tag::Altered) && scene.altered(bytes));
        if !right {
            let name = &entry.name;
            return Err(format!(
                "`{name}` is old or whole: it has {} bytes",
                bytes.len()
            ));
        }
    }
    // Whoever may not be replaced stays.
    if scene.plan.rename {
        for (id, entry) in &scene.before {
            let kept = |now: &Entry| now.content == entry.content;
            must(
                "rename mode leaves every file as it was",
                scene.any(Tag::Rival) || state.sharepoint.items.get(id).is_some_and(kept),
            )?;
        }
    }
    let open = state.sharepoint.sessions.len();
    drop(state);
    let orphans = scene.any(Tag::Orphan) || scene.any(Tag::Lost) || scene.deaths > 0;
    must(
        "no session is left open that could be closed",
        open == 0 || orphans,
    )
}

/// The receipt tells what is there.
pub fn receipt(scene: &Scene<'_>, receipt: &Value) -> Judged {
    let export = &receipt["export"];
    if receipt["outcome"] == "skipped" {
        must("only an empty export is skipped", export["rows"] == 0)?;
        must("only where the job says so", scene.plan.if_empty == "skip")?;
        return must("a skipped run writes nothing", scene.written().is_empty());
    }
    let hash = |bytes: &[u8]| {
        let mut hash = QuickXor::new();
        hash.update(bytes);
        hash.finish().to_string()
    };
    let version = scene
        .versions
        .iter()
        .find(|version| export["quickxor"] == hash(&version.bytes));
    let version = version.ok_or("the export's hash is that of a version of the DataSet")?;
    must(
        "the receipt counts the rows",
        export["rows"] == version.rows,
    )?;
    must(
        "an empty file is written where the job says so",
        version.rows > 0 || scene.plan.if_empty == "write",
    )?;
    let warned = |word: &str| receipt["warnings"].to_string().contains(word);
    must(
        "the receipt tells how old the data are",
        receipt["dataset"]["updated_at"] == version.updated_at || warned("changed while"),
    )?;
    must(
        "the receipt counts the bytes",
        export["bytes"] == version.bytes.len(),
    )?;

    let id = receipt["file"]["item_id"].as_str().unwrap_or_default();
    let state = scene.world.state();
    let commits = &state.sharepoint.commits;
    let commit = commits.iter().rfind(|commit| commit.id == id);
    let stored = commit.ok_or("the receipt's file was written")?;
    // Whoever compares sizes alone is told of no more than that.
    let sized = receipt["verified"] == "size";
    let same = |bytes: &Vec<u8>| {
        let alike = sized && bytes.len() == version.bytes.len() && scene.altered(bytes);
        alike || *bytes == version.bytes
    };
    must("what was written is the export", same(&stored.bytes))?;
    if !scene.any(Tag::Rival) {
        let entry = state
            .sharepoint
            .items
            .get(id)
            .ok_or("the receipt's file is there")?;
        must(
            "the file is the export",
            entry.content.as_ref().is_some_and(same),
        )?;
        must(
            "the receipt names the file",
            receipt["file"]["name"] == *entry.name,
        )?;
    }
    let blind = scene.any(Tag::Veil) || scene.plan.size_only || !state.sharepoint.hashes;
    drop(state);
    let hashed = receipt["verified"] == "hash";
    let file = &receipt["file"];
    must(
        "a hash that was compared is the same on both sides",
        !hashed || (file["quickxor"] == export["quickxor"] && file["bytes"] == export["bytes"]),
    )?;
    let told = |word: &str| receipt["warnings"].to_string().contains(word);
    must(
        "without a hash the receipt says so",
        hashed || scene.plan.size_only || told("has no hash"),
    )?;
    must(
        "a hash is compared where there is one",
        hashed || blind || told("has no hash"),
    )?;
    outcome(scene, receipt, id)
}

fn outcome(scene: &Scene<'_>, receipt: &Value, id: &str) -> Judged {
    let Scene { plan, .. } = scene;
    let (veil, lie) = (scene.any(Tag::Veil), scene.any(Tag::Lie));
    let lost = scene.any(Tag::Lost) || veil || lie || scene.deaths > 0;
    let (outcome, written) = (&receipt["outcome"], scene.written());
    let altered = scene.alterations_left();
    must(
        "what is altered has no receipt",
        altered == 0
            || receipt["verified"] == "size"
            || (plan.rename && lost)
            || plan.if_locked_rename,
    )?;
    let new = scene.new_files();
    let numbered = outcome == "renamed";
    if plan.rename || numbered {
        must(
            "a numbered file is a new one",
            !scene.before.contains_key(id),
        )?;
        // One that was altered unseen stays; somebody else may have removed or overwritten it.
        let most = 1 + altered + usize::from(!plan.rename);
        let least = usize::from(!scene.any(Tag::Rival));
        must(
            "there is exactly one new file",
            lie || (least..=most).contains(&new),
        )?;
        let asked = receipt["file"]["name"] == "sales.csv";
        must("`renamed` is what has a number", numbered != asked)?;
    }
    if !plan.rename && numbered {
        let warned = receipt["warnings"].to_string().contains("is locked");
        must(
            "a lock that was evaded is told",
            plan.if_locked_rename && warned,
        )?;
    }
    if plan.rename || numbered || scene.any(Tag::Rival) || veil || lie {
        return Ok(());
    }
    must("one file is written", written.len() == 1)?;
    let due = if plan.old.is_some() {
        "replaced"
    } else {
        "created"
    };
    must("the outcome is true", outcome == due)
}

/// The failure says what is to be said, and a run that failed has made one file at most.
pub fn failure(scene: &Scene<'_>, failure: &Failure) -> Judged {
    must("nobody cancelled the run", failure.code != Code::Cancelled)?;
    let message = &failure.message;
    must(
        "a message is one",
        !message.trim().is_empty() && !message.ends_with('.'),
    )?;
    if failure.code == Code::VerifyMismatch && !message.ends_with("right after the upload") {
        let named = message.contains("; the version before this run is `");
        let new = message.ends_with("; the file is new");
        let unseen = message.contains("listing the versions") || message.contains("no version");
        must(
            "a mismatch names the version to restore",
            named || new || unseen,
        )?;
        let quiet = !scene.any(Tag::Rival) && !scene.any(Tag::Veil);
        if quiet && named {
            let first = message.contains("this run is `1.0` ");
            must("the version is that from before", first)?;
        }
        if quiet && new && !scene.plan.rename && !scene.plan.if_locked_rename {
            must("a new file is new", scene.plan.old.is_none())?;
        }
    }
    let known = [
        Code::ExportEmpty,
        Code::Shrunk,
        Code::QuotaExceeded,
        Code::SpoolFull,
    ];
    if known.contains(&failure.code) {
        must(
            "what cannot succeed has no other start",
            failure.retry_after.is_none(),
        )?;
    }
    let before_upload = [
        Code::ExportEmpty,
        Code::Shrunk,
        Code::DataSetDeleted,
        Code::SpoolFull,
    ];
    if before_upload.contains(&failure.code) && scene.deaths == 0 && !scene.plan.again {
        must(
            "nothing is uploaded before that is known",
            scene.written().is_empty(),
        )?;
    }
    let new = scene.new_files();
    let most = 1 + usize::from(!scene.plan.rename && scene.plan.if_locked_rename);
    must(
        "a run makes one file at most",
        new <= most + scene.alterations_left() || scene.any(Tag::Rival) || scene.any(Tag::Lie),
    )
}
