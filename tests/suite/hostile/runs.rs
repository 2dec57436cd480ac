//! Reaching beyond the run: other runs' files, handles that were never given, more imports.

use serde_json::{Value, json};

use super::attack::Attack;
use super::bombs::attack;
use super::origins::{graph, with_secret};
use super::scene::Scene;
use super::withstand;

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    Attack::new("blob-of-the-same-name", |_| {
        attack("open-blob", json!({ "name": "export.csv" }))
    }),
    Attack::new("blob-by-path", |scene| {
        let folder = scene.neighbours_folder();
        let name = folder
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        attack(
            "open-blob",
            json!({ "name": format!("../../{name}/spool/export.csv") }),
        )
    }),
    Attack::new("blob-by-absolute-path", |scene| {
        let file = scene.neighbours_folder().join("spool/export.csv");
        attack("open-blob", json!({ "name": file }))
    }),
    Attack::new("blob-half-written", |_| {
        attack("open-blob", json!({ "name": "export.csv.part" }))
    }),
    Attack::new("append-after-seal", |_| {
        attack("append-after-seal", json!({}))
    }),
    Attack::new("read-beyond-the-end", |_| {
        attack("read-blob", json!({ "offset": u64::MAX }))
    }),
    Attack::new("slice-beyond-the-end", |scene| slice(scene, 5, 6)),
    Attack::new("slice-that-overflows", |scene| {
        slice(scene, u64::MAX, u64::MAX)
    }),
    Attack::new("handle-dropped-twice", |_| {
        attack("drop-twice", json!({ "name": "sharepoint" }))
    }),
    Attack::new("handle-used-after-drop", |_| {
        attack("use-after-drop", json!({ "name": "sharepoint" }))
    }),
    Attack::new("handle-forged", |_| attack("forge-handle", json!({}))),
    Attack::new("blob-as-an-account", |_| {
        attack("confuse-handles", json!({}))
    }),
    Attack::new("reply-as-an-account", |scene| {
        let mut job = with_secret(&graph(scene));
        job["attack"] = json!("read-a-reply-as-a-secret");
        job["args"]["name"] = json!("sharepoint");
        job
    }),
    Attack::new("trap-in-an-upload", |scene| {
        let drive = "/sites/root/drive/root:/trapped.csv:/createUploadSession";
        let mut job = with_secret(&graph(scene).replace("/me", drive));
        job["attack"] = json!("trap-in-upload");
        job
    })
    .leaves_open(1),
    Attack::new("more-imports", |_| attack("nothing", json!({})))
        .of(writeback_hostile::ENVIRONMENT),
];

fn slice(scene: &Scene, offset: u64, length: u64) -> Value {
    let mut job = with_secret(&graph(scene));
    job["attack"] = json!("send-slice");
    for (name, value) in [("holds", 10), ("offset", offset), ("length", length)] {
        job["args"][name] = json!(value);
    }
    job["args"]["method"] = json!("PUT");
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_alone() {
    withstand(ATTACKS).await;
}
