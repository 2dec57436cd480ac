//! What goes wrong on Domo's side.

use super::{Kind, Tag, any};
use crate::world::{Act, DATASET, State, answer, json_answer};
use serde_json::json;
use writeback_connector::message::Method::{Get, Post};

/// The second version of the DataSet, after an update.
pub const UPDATED: &[u8] = b"id,name\n1,Amidala\n2,Anakin\n";

/// An export that ends early as if it were whole.
pub const CUT: &str = "ends early and says nothing";

/// The same with a last record that looks whole.
pub const CUT_LATE: &str = "ends just before its end";

/// When the second version is of.
pub const UPDATED_AT: &str = "2026-02-02T00:00:00Z";

pub fn update(state: &mut State) {
    state.domo.put(DATASET, UPDATED, 2);
    let now = json!(UPDATED_AT);
    state.domo.set("updatedAt", now.clone());
    state.domo.set("dataCurrentAt", now);
}

pub fn kinds() -> Vec<Kind> {
    let of = |name, part, act: fn() -> Act| Kind {
        name,
        method: if part == "/query/" { Post } else { Get },
        part,
        act,
        tag: Tag::Plain,
    };
    let mut kinds = Vec::new();
    for part in ["/v1/datasets/", "/data?"] {
        kinds.extend(any::MOODS.iter().map(|(name, act)| of(name, part, *act)));
    }
    kinds.extend([
        of("401 in mid-run", "/v1/datasets/", || {
            Act::Before(|state| state.domo.token_expired = true)
        }),
        of("403 without a word", "/data?", || {
            json_answer(403, json!({ "status": 403 }))
        }),
        of("406", "/data?", || {
            let kind = ("content-type", "text/html".to_owned());
            Act::Answer(406, vec![kind], "<html>Unauthorized</html>".to_owned())
        }),
        of("ends early", "/data?", || Act::Cut(20)),
        of(CUT, "/data?", || Act::Truncate(20)),
        of(CUT_LATE, "/data?", || Act::Truncate(40)),
        of("short by rows", "/data?", || Act::Truncate(18)),
        of("a header alone", "/data?", || Act::Truncate(8)),
        of("nothing at all", "/data?", || Act::Truncate(0)),
        of("an error with a good status", "/data?", || {
            json_answer(200, json!({ "status": 500, "message": "No." }))
        }),
        of("updated before", "/data?", || Act::Before(update)),
        of("updated after", "/data?", || Act::After(update)),
        of("deleted", "/data?", || {
            Act::After(|state| state.domo.set("deleted", json!(true)))
        }),
        of("rows lag", "/data?", || {
            Act::After(|state| state.domo.set("rows", json!(77)))
        }),
        of("no right to it", "/v1/datasets/", || {
            let text = "Infrastructure problem (403): Access is denied";
            json_answer(400, json!({ "status": 400, "message": text }))
        }),
        of("no count", "/query/", || answer(503, &[])),
        of("the spool is full", "/data?", || {
            Act::Before(|state| state.quota = 5)
        }),
        of("the sign-in is away", "/v1/datasets/", || {
            Act::Before(|state| {
                state.domo.token_expired = true;
                state.away = 2;
            })
        }),
    ]);
    kinds
}
