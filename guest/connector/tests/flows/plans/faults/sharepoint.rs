//! What goes wrong on SharePoint's side.

use super::{Kind, Tag, any, update};
use crate::pieces::error;
use crate::world::{Act, Alteration, State, json_answer};
use serde_json::{Value, json};
use writeback_connector::message::Method::{self, Delete, Get, Post, Put};

/// What somebody else writes; no export is as long.
pub const RIVAL: &[u8] = b"somebody else's rows, of another length than all exports";

const DAY: u64 = 86_400_000;
const CONTENT: &str = ":/content";
const LINK: &str = "link:";
const CREATE: &str = "createUploadSession";
const NAMED: &str = ":/sales";

fn no_hash(item: &mut Value) {
    if let Some(file) = item.get_mut("file").and_then(Value::as_object_mut) {
        file.remove("hashes");
    }
}

fn other_hash(item: &mut Value) {
    if item.pointer("/file/hashes").is_some() {
        item["file"]["hashes"]["quickXorHash"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    }
}

fn ranges(ranges: Value) -> Act {
    json_answer(200, json!({ "nextExpectedRanges": ranges }))
}

/// Somebody else writes the file of a name, wherever the job's file goes.
fn rival(state: &mut State, name: &str) {
    let reports = state.sharepoint.child("root-docs", "Reports");
    let (folder, path) = match reports {
        Some(id) => (id, format!("Reports/{name}")),
        None => ("root-docs".to_owned(), name.to_owned()),
    };
    match state.sharepoint.child(&folder, name) {
        Some(id) => state.sharepoint.overwrite(&id, RIVAL),
        None => drop(state.sharepoint.add(&path, Some(RIVAL))),
    }
}

fn write_rival(state: &mut State) {
    rival(state, "sales.csv");
}

fn number_rival(state: &mut State) {
    rival(state, "sales 1.csv");
}

fn remove(state: &mut State) {
    let file = |entry: &crate::world::Entry| entry.name == "sales.csv";
    state.sharepoint.items.retain(|_, entry| !file(entry));
}

fn move_back(state: &mut State) {
    for session in state.sharepoint.sessions.values_mut() {
        let kept = session.bytes.len().saturating_sub(1000);
        session.bytes.truncate(kept);
    }
}

fn of(name: &'static str, method: Method, part: &'static str, tag: Tag, act: fn() -> Act) -> Kind {
    Kind {
        name,
        method,
        part,
        act,
        tag,
    }
}

pub fn kinds() -> Vec<Kind> {
    let mut kinds = Vec::new();
    let doors = [
        (Put, CONTENT),
        (Put, LINK),
        (Get, LINK),
        (Post, CREATE),
        (Get, NAMED),
        (Post, "/children"),
        (Get, "/sites/"),
    ];
    for (method, part) in doors {
        kinds.extend(
            any::MOODS
                .iter()
                .map(|(n, act)| of(n, method, part, Tag::Plain, *act)),
        );
        kinds.extend(
            any::REFUSALS
                .iter()
                .map(|(n, act)| of(n, method, part, Tag::Plain, *act)),
        );
    }
    kinds.extend(
        any::MOODS
            .iter()
            .map(|(n, act)| of(n, Delete, LINK, Tag::Orphan, *act)),
    );
    for (method, part) in [(Put, CONTENT), (Put, LINK)] {
        kinds.extend(writes(method, part));
    }
    kinds.extend(sessions());
    kinds.extend(looks());
    kinds
}

/// What a request that writes bytes meets.
fn writes(method: Method, part: &'static str) -> Vec<Kind> {
    let of = |name, tag, act: fn() -> Act| of(name, method, part, tag, act);
    vec![
        of("the reply is lost", Tag::Lost, || Act::LoseReply),
        of(
            "the reply is lost and the file shows late",
            Tag::Lost,
            || Act::LoseReplyAnd(|state| state.sharepoint.hidden = 2),
        ),
        of("the reply breaks off", Tag::Lost, || Act::Cut(9)),
        of("an empty reply", Tag::Lost, || Act::Truncate(0)),
        of("401", Tag::Plain, || error(401, "expiredToken")),
        of("409 of another writer", Tag::Plain, || {
            error(409, "resourceModified")
        }),
        of("409 of a name", Tag::Veil, || {
            error(409, "nameAlreadyExists")
        }),
        of("412", Tag::Plain, || error(412, "notAllowed")),
        of("423", Tag::Plain, || error(423, "resourceLocked")),
        of("504", Tag::Plain, || error(504, "gatewayTimeout")),
        of("no hash in the reply", Tag::Plain, || Act::Alter(no_hash)),
        of("another hash in the reply", Tag::Altered, || {
            Act::Alter(other_hash)
        }),
        of("altered: longer", Tag::Altered, || {
            Act::Before(|state| state.sharepoint.alter = Some(Alteration::Added))
        }),
        of("altered: one byte", Tag::Altered, || {
            Act::Before(|state| state.sharepoint.alter = Some(Alteration::Changed))
        }),
        of("somebody writes before", Tag::Rival, || {
            Act::Before(write_rival)
        }),
        of("somebody numbers before", Tag::Rival, || {
            Act::Before(number_rival)
        }),
        of("somebody writes after", Tag::Rival, || {
            Act::After(write_rival)
        }),
        of("somebody removes it", Tag::Rival, || Act::After(remove)),
        of("the DataSet is updated meanwhile", Tag::Plain, || {
            Act::After(update)
        }),
        of(
            "the DataSet is updated and the reply lost",
            Tag::Lost,
            || Act::LoseReplyAnd(update),
        ),
        of("a day ahead", Tag::Clock, || {
            Act::Before(|state| state.now += DAY)
        }),
        of("a day back", Tag::Clock, || {
            Act::Before(|state| state.now = state.now.saturating_sub(DAY))
        }),
    ]
}

/// What only an upload session meets.
fn sessions() -> Vec<Kind> {
    let put = |name, act: fn() -> Act| of(name, Put, LINK, Tag::Plain, act);
    let get = |name, act: fn() -> Act| of(name, Get, LINK, Tag::Plain, act);
    let post = |name, tag, act: fn() -> Act| of(name, Post, CREATE, tag, act);
    vec![
        put("it is gone", || {
            Act::Before(|state| state.sharepoint.sessions.clear())
        }),
        put("it forgets it at once", || {
            Act::After(|state| state.sharepoint.sessions.clear())
        }),
        put("it moves back", || Act::After(move_back)),
        put("404", || error(404, "itemNotFound")),
        put("416", || error(416, "fragmentOverlap")),
        put("[]", || ranges(json!([]))),
        put("no ranges", || json_answer(202, json!({}))),
        put("beyond the end", || ranges(json!(["99999999-"]))),
        put("bytes that are not kept", || ranges(json!(["0-"]))),
        put("PascalCase", || {
            Act::Before(|state| state.sharepoint.next_key = "NextExpectedRanges")
        }),
        get("404", || error(404, "itemNotFound")),
        get("401", || error(401, "expiredToken")),
        get("the reply is lost", || Act::LoseReply),
        get("[]", || ranges(json!([]))),
        get("no ranges", || json_answer(200, json!({}))),
        get("beyond the end", || ranges(json!(["99999999-"]))),
        post("the reply is lost", Tag::Orphan, || Act::LoseReply),
        post("no URL", Tag::Orphan, || Act::Truncate(0)),
        post("401", Tag::Plain, || {
            error(401, "InvalidAuthenticationToken")
        }),
        post("one is there", Tag::Veil, || {
            error(409, "nameAlreadyExists")
        }),
        post("busy", Tag::Plain, || error(409, "resourceBusy")),
        post("412", Tag::Plain, || error(412, "notAllowed")),
        post("423", Tag::Plain, || error(423, "resourceLocked")),
        post("the disk is full", Tag::Orphan, || {
            Act::Before(|state| state.save_fails = true)
        }),
        of("the reply is lost", Delete, LINK, Tag::Plain, || {
            Act::LoseReply
        }),
        of("403", Delete, LINK, Tag::Orphan, || {
            error(403, "accessDenied")
        }),
    ]
}

/// What looking for the file meets, and what surrounds it.
fn looks() -> Vec<Kind> {
    let named = |name, tag, act: fn() -> Act| of(name, Get, NAMED, tag, act);
    let by_id = |name, act: fn() -> Act| of(name, Get, "/items/01ITEM", Tag::Veil, act);
    vec![
        named("it shows late", Tag::Veil, || error(404, "itemNotFound")),
        named("no hash", Tag::Veil, || Act::Alter(no_hash)),
        named("another hash", Tag::Lie, || Act::Alter(other_hash)),
        named("401", Tag::Plain, || {
            error(401, "InvalidAuthenticationToken")
        }),
        named("no hashes from now on", Tag::Veil, || {
            Act::Before(|state| state.sharepoint.hashes = false)
        }),
        by_id("503", || error(503, "serviceNotAvailable")),
        by_id("no hash", || Act::Alter(no_hash)),
        by_id("404", || error(404, "itemNotFound")),
        of("503", Get, "/versions", Tag::Plain, || {
            error(503, "serviceNotAvailable")
        }),
        of("423", Post, "/checkin", Tag::Plain, || {
            error(423, "resourceLocked")
        }),
        of("the reply is lost", Post, "/checkin", Tag::Plain, || {
            Act::LoseReply
        }),
        of("the reply is lost", Post, "/children", Tag::Plain, || {
            Act::LoseReply
        }),
        of("somebody makes it", Post, "/children", Tag::Plain, || {
            Act::Before(|state| {
                if state.sharepoint.child("root-docs", "Reports").is_none() {
                    state.sharepoint.add("Reports", None);
                }
            })
        }),
        of("a library is missing", Get, "/root?", Tag::Plain, || {
            error(404, "itemNotFound")
        }),
    ]
}
