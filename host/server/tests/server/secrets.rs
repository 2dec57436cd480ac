//! Secrets are written with marks, and then looked for: in every answer, in the log, in the audit log, in the export, and in every
//! byte that the database keeps on disk.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};
use writeback_server::App;
use writeback_server::db::Address;
use writeback_server::notify::deliver_due;

use super::probe::{Probe, admin};
use crate::support::{TenantWorld, World, on_both, settings};

on_both!(no_secret_is_anywhere);

/// What the whole process logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn log() -> Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    let log = LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        log
    });
    log.clone()
}

/// The ways in which a mark may be written.
fn traces(mark: &str) -> Vec<Vec<u8>> {
    let mut traces = vec![mark.as_bytes().to_vec()];
    let hex: String = mark.bytes().map(|byte| format!("{byte:02x}")).collect();
    traces.push(hex.to_uppercase().into_bytes());
    traces.push(hex.into_bytes());
    for before in 0..3 {
        let encoded = STANDARD_NO_PAD.encode([&vec![b'x'; before][..], mark.as_bytes()].concat());
        // The letters at the ends are of what is around it.
        traces.push(
            encoded.as_bytes()[if before == 0 { 0 } else { before + 1 }..encoded.len() - 2]
                .to_vec(),
        );
    }
    traces
}

fn found<'a>(marks: &'a [String], bytes: &[u8]) -> Option<&'a String> {
    let in_it = |trace: &Vec<u8>| has(bytes, trace);
    marks.iter().find(|mark| traces(mark).iter().any(in_it))
}

/// All bytes of all files of a folder.
fn search(folder: &Path, marks: &[String]) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files += search(&path, marks);
        } else if let Ok(bytes) = std::fs::read(&path) {
            files += 1;
            assert_eq!(found(marks, &bytes), None, "in {}", path.display());
        }
    }
    files
}

/// As a search in a text, but faster than byte by byte: files are large.
fn has(bytes: &[u8], trace: &[u8]) -> bool {
    let first = trace[0];
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == first) {
        if bytes[from + at..].starts_with(trace) {
            return true;
        }
        from += at + 1;
    }
    false
}

/// Marks of one test: each is found once at most.
struct Marks {
    made: Vec<String>,
    prefix: &'static str,
}

impl Marks {
    fn next(&mut self) -> String {
        let mark = format!("{}mark{:04}Zq7KxWv", self.prefix, self.made.len());
        self.made.push(mark.clone());
        mark
    }
}

async fn every_answer(
    app: &App,
    tenant: &TenantWorld,
    world: &World,
    marks: &mut Marks,
) -> Vec<String> {
    let mut answers = Vec::new();
    let mut secret = |stored: bool| match stored {
        true => json!({ "stored": true }),
        false => json!({ "value": marks.next() }),
    };
    let certificate = secret(false);
    let accounts = [
        json!({ "name": "d", "account": { "kind": "domo", "client_id": "c", "client_secret": secret(false), "instance": "acme", "developer_token": secret(false) } }),
        json!({ "name": "e", "account": { "kind": "entra", "tenant": "t.example", "client_id": "c", "client_secret": secret(false) } }),
        json!({ "name": "f", "account": { "kind": "entra", "tenant": "t.example", "client_id": "c", "certificate": certificate, "private_key": secret(false), "certificate_password": secret(false) } }),
        // And those that are refused: of a wrong shape, at a wrong place, incomplete.
        json!({ "name": "g", "account": { "kind": "domo", "client_id": "c", "client_secret": secret(false)["value"] } }),
        json!({ "name": "g", "account": { "kind": "domo", "client_id": "c", "client_secret": { "env": secret(false)["value"] } } }),
        json!({ "name": "g", "account": { "kind": "domo", "client_id": "c", "client_secret": { "value": [secret(false)["value"]] } } }),
        json!({ "name": "g", "account": { "kind": "domo", "client_secret": secret(false), "clientsecret": secret(false) } }),
        json!({ "name": "g", "account": { "kind": "entra", "client_secret": secret(false), "federated_token": "/x" } }),
        json!({ "name": "g", "account": { "kind": "domo", "client_id": "c", "client_secret": { "value": format!("{}\u{7}", secret(false)["value"].as_str().expect("text")) } } }),
    ];
    for account in &accounts {
        let ask = admin(app, tenant, "POST", "accounts")
            .header("idempotency-key", account.to_string().len());
        answers.push(ask.json(account).send().await.text());
    }
    let url = |mark: &Value| {
        format!(
            "https://hooks.example/{0}/x?{0}={0}",
            mark.as_str().expect("text")
        )
    };
    let hooks = [
        json!({ "kind": "webhook", "url": { "value": url(&secret(false)["value"]) }, "secret": secret(false) }),
        json!({ "kind": "webhook", "url": secret(false)["value"], "secret": secret(false)["value"] }),
        json!({ "kind": "webhook", "url": { "value": secret(false)["value"] }, "secret": { "text": secret(false)["value"] } }),
    ];
    for hook in &hooks {
        let target = json!({ "name": "n", "events": ["run"], "to": hook });
        answers.push(
            admin(app, tenant, "POST", "targets")
                .json(&target)
                .send()
                .await
                .text(),
        );
    }
    let put = json!({ "name": "d", "account": { "kind": "domo", "client_id": "c", "client_secret": secret(false) } });
    answers.push(
        admin(app, tenant, "PUT", "accounts/d")
            .if_match("*")
            .json(&put)
            .send()
            .await
            .text(),
    );

    let targets = admin(app, tenant, "GET", "targets")
        .send()
        .await
        .expect(200);
    let target = targets["items"][0]["id"]
        .as_str()
        .expect("a target")
        .to_owned();
    world.job(tenant, "sales").await;
    let run = world.start(tenant, "sales").await;
    answers.push(
        admin(app, tenant, "POST", &format!("runs/{run}/cancel"))
            .send()
            .await
            .text(),
    );
    deliver_due(app, app.clock.now()).await.expect("a pass");
    for (method, rest) in [
        ("GET", "accounts".to_owned()),
        ("GET", "accounts/d".to_owned()),
        ("POST", "accounts/d/test".to_owned()),
        ("GET", "targets".to_owned()),
        ("GET", format!("targets/{target}")),
        ("POST", format!("targets/{target}/test")),
        ("GET", format!("targets/{target}/deliveries")),
        ("GET", "audit".to_owned()),
        ("GET", "export".to_owned()),
        ("DELETE", "accounts/e".to_owned()),
    ] {
        answers.push(admin(app, tenant, method, &rest).send().await.text());
    }
    answers
}

async fn no_secret_is_anywhere(world: World) {
    let log = log();
    let prefix = match world.app.db.kind() {
        writeback_server::db::Kind::Sqlite => "s",
        writeback_server::db::Kind::Postgres => "p",
    };
    let mut marks = Marks {
        made: Vec::new(),
        prefix,
    };
    let tenant = world.tenant("finance").await;
    let probe = Arc::new(Probe::default());
    let app = probe.app(&world, settings());
    // A failure names what it failed on, as a careless sandbox would.
    let mark = format!("{prefix}mark0013Zq7KxWv");
    probe.answer([Err(format!(
        "cannot reach https://hooks.example/{mark}/x?{mark}={mark}"
    ))]);
    let answers = every_answer(&app, &tenant, &world, &mut marks).await;
    assert!(marks.made.len() > 15, "{}", marks.made.len());
    let posted = probe.posts.lock().expect("no panic")[0].url.clone();
    assert!(
        found(&marks.made, posted.as_bytes()).is_some_and(|found| *found == mark),
        "the mark of the URL is {}",
        posted.as_str()
    );
    for answer in &answers {
        assert_eq!(found(&marks.made, answer.as_bytes()), None, "{answer}");
    }
    let dump = world.dump().await.text();
    assert_eq!(found(&marks.made, dump.as_bytes()), None);
    assert!(
        answers
            .iter()
            .any(|answer| answer.contains("\"stored\":true"))
    );
    let logged = log.0.lock().expect("no panic").clone();
    assert!(String::from_utf8_lossy(&logged).contains("a notification did not arrive"));
    assert_eq!(found(&marks.made, &logged), None);
    let folder = match &world.database.address {
        Address::Folder(folder) => folder,
        Address::Postgres(_) => {
            sqlx::query("CHECKPOINT")
                .execute(world.app.db.pool())
                .await
                .expect("a checkpoint");
            world.database.cluster().expect("PostgreSQL has one")
        }
    };
    assert!(search(folder, &marks.made) > 0);
    // The search finds what is there.
    let account = format!("{}{}", marks.made[0], marks.made[1]);
    let hidden = STANDARD_NO_PAD.encode(format!("..{account}.."));
    assert!(
        traces(&marks.made[0])
            .iter()
            .any(|trace| has(hidden.as_bytes(), trace))
    );
}
