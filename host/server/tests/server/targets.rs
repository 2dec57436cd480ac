//! Notifications: who is told, once, again where it did not arrive, and signed.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use writeback_server::App;
use writeback_server::notify::deliver_due;
use writeback_server::settings::{Settings, Smtp, SmtpTls};
use writeback_server::time::{HOUR, MINUTE};

use super::probe::{Probe, admin, domo};
use crate::support::{TenantWorld, World, on_both, settings, text};

on_both!(
    a_run_is_told_to_those_who_want_it,
    a_webhook_is_signed,
    what_does_not_arrive_is_sent_again_and_given_up,
    many_processes_send_each_message_once,
    a_process_that_dies_is_made_up_for,
    a_tenant_with_many_messages_lets_others_through,
    a_url_is_not_shown,
    mail_goes_to_the_operators_server,
    a_run_becomes_a_row,
    a_target_is_tried,
    what_is_wrong_is_told,
);

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn webhook(events: &[&str]) -> Value {
    json!({ "name": "ops", "events": events, "to": {
        "kind": "webhook", "url": { "value": "https://hooks.example/T1?token=t0ken" }, "secret": { "value": SECRET },
    } })
}

async fn make(app: &App, tenant: &TenantWorld, target: &Value) -> String {
    let made = admin(app, tenant, "POST", "targets")
        .json(target)
        .send()
        .await;
    text(&made.expect(201)["id"])
}

/// Ends a run, which is an event.
async fn event(world: &World, tenant: &TenantWorld, job: &str) {
    let run = world.start(tenant, job).await;
    let cancel = admin(&world.app, tenant, "POST", &format!("runs/{run}/cancel"));
    cancel.send().await.expect(202);
}

async fn deliver(app: &App) -> usize {
    deliver_due(app, app.clock.now()).await.expect("a pass")
}

async fn deliveries(app: &App, tenant: &TenantWorld, target: &str) -> Value {
    let list = admin(app, tenant, "GET", &format!("targets/{target}/deliveries"));
    list.send().await.expect(200)["items"].take()
}

async fn a_run_is_told_to_those_who_want_it(world: World) {
    let (probe, tenant) = (Arc::new(Probe::default()), world.tenant("finance").await);
    let app = probe.app(&world, settings());
    world.job(&tenant, "sales").await;
    let wants = make(&app, &tenant, &webhook(&["run"])).await;
    let other = make(&app, &tenant, &webhook(&["failure", "stale"])).await;
    event(&world, &tenant, "sales").await;
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(deliver(&app).await, 0);
    let told = deliveries(&app, &tenant, &wants).await;
    assert_eq!(told[0]["state"], "delivered");
    assert_eq!(told[0]["message"]["job"]["name"], "sales");
    assert_eq!(told[0]["message"]["detail"]["state"], "cancelled");
    assert_eq!(deliveries(&app, &tenant, &other).await, json!([]));
    admin(&app, &tenant, "DELETE", &format!("targets/{wants}"))
        .send()
        .await
        .expect(204);
    event(&world, &tenant, "sales").await;
    assert_eq!(deliver(&app).await, 0);
}

async fn a_webhook_is_signed(world: World) {
    let (probe, tenant) = (Arc::new(Probe::default()), world.tenant("finance").await);
    let app = probe.app(&world, settings());
    world.job(&tenant, "sales").await;
    make(&app, &tenant, &webhook(&["run"])).await;
    event(&world, &tenant, "sales").await;
    deliver(&app).await;
    let post = probe.posts.lock().expect("no panic")[0].clone();
    let header = |name: &str| {
        let found = post.headers.iter().find(|(header, _)| header == name);
        found.expect("the header").1.clone()
    };
    assert_eq!(post.url.as_str(), "https://hooks.example/T1?token=t0ken");
    let body: Value = serde_json::from_slice(&post.body).expect("JSON");
    assert_eq!(body["id"], header("webhook-id"));
    assert_eq!(
        header("webhook-timestamp"),
        (app.clock.now() / 1_000).to_string()
    );
    let key = STANDARD
        .decode(SECRET.trim_start_matches("whsec_"))
        .expect("base64");
    let signed = format!("{}.{}.", header("webhook-id"), header("webhook-timestamp"));
    let signed = [signed.as_bytes(), &post.body].concat();
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &signed);
    assert_eq!(
        header("webhook-signature"),
        format!("v1,{}", STANDARD.encode(signature))
    );
}

async fn what_does_not_arrive_is_sent_again_and_given_up(world: World) {
    let (probe, tenant) = (Arc::new(Probe::default()), world.tenant("finance").await);
    let app = probe.app(&world, settings());
    world.job(&tenant, "sales").await;
    let target = make(&app, &tenant, &webhook(&["run"])).await;
    event(&world, &tenant, "sales").await;
    probe.answer([Err(
        "cannot reach https://hooks.example/T1?token=t0ken".to_owned()
    )]);
    probe.answer(std::iter::repeat_n(Ok(500), 7));
    let pauses = [
        MINUTE,
        5 * MINUTE,
        15 * MINUTE,
        HOUR,
        2 * HOUR,
        4 * HOUR,
        6 * HOUR,
    ];
    for (failures, pause) in pauses.into_iter().enumerate() {
        assert_eq!(deliver(&app).await, 1);
        let told = &deliveries(&app, &tenant, &target).await[0];
        assert_eq!(
            (&told["state"], &told["attempts"]),
            (&json!("pending"), &json!(failures + 1))
        );
        assert_eq!(told["next_at_ms"], app.clock.now() + pause);
        assert!(!told["error"].to_string().contains("t0ken"), "{told}");
        world.clock.pass(pause - 1);
        assert_eq!(deliver(&app).await, 0);
        world.clock.pass(1);
    }
    assert_eq!(deliver(&app).await, 1);
    let told = &deliveries(&app, &tenant, &target).await[0];
    assert_eq!(
        (&told["state"], &told["attempts"]),
        (&json!("failed"), &json!(8))
    );
    assert_eq!(told["error"], "the webhook answered 500");
    world.clock.pass(24 * HOUR);
    assert_eq!(deliver(&app).await, 0);
    let ids: std::collections::HashSet<_> = probe
        .posts
        .lock()
        .expect("no panic")
        .iter()
        .map(|post| post.headers[2].clone())
        .collect();
    assert_eq!(ids.len(), 1, "who gets it twice can tell");
}

async fn many_processes_send_each_message_once(world: World) {
    let (probe, tenant) = (Arc::new(Probe::default()), world.tenant("finance").await);
    let apps = [(); 4].map(|()| probe.app(&world, settings()));
    world.job(&tenant, "sales").await;
    make(&apps[0], &tenant, &webhook(&["run"])).await;
    for _ in 0..20 {
        event(&world, &tenant, "sales").await;
    }
    let mut tried = 0;
    loop {
        let [a, b, c, d] = apps.each_ref().map(deliver);
        let (a, b, c, d) = tokio::join!(a, b, c, d);
        tried += a + b + c + d;
        if a + b + c + d == 0 {
            break;
        }
    }
    assert_eq!((tried, probe.posted()), (20, 20));
}

async fn a_process_that_dies_is_made_up_for(world: World) {
    let (probe, tenant) = (Arc::new(Probe::default()), world.tenant("finance").await);
    let app = probe.app(&world, settings());
    world.job(&tenant, "sales").await;
    make(&app, &tenant, &webhook(&["run"])).await;
    event(&world, &tenant, "sales").await;
    // As it is while a process sends it.
    let mut tx = app.db.begin().await.expect("a transaction");
    sqlx::query("UPDATE deliveries SET attempts = 1, next_at = next_at + 120000")
        .execute(tx.conn())
        .await
        .expect("an update");
    tx.commit().await.expect("a commit");
    assert_eq!(deliver(&app).await, 0);
    world.clock.pass(2 * MINUTE);
    assert_eq!(deliver(&app).await, 1);
}

async fn a_tenant_with_many_messages_lets_others_through(world: World) {
    let probe = Arc::new(Probe::default());
    let app = probe.app(&world, settings());
    let (noisy, quiet) = (world.tenant("noisy").await, world.tenant("quiet").await);
    for tenant in [&noisy, &quiet] {
        world.job(tenant, "sales").await;
    }
    let target = make(&app, &quiet, &webhook(&["run"])).await;
    make(&app, &noisy, &webhook(&["run"])).await;
    for _ in 0..50 {
        event(&world, &noisy, "sales").await;
    }
    event(&world, &quiet, "sales").await;
    let tried = deliver(&app).await;
    assert!(tried < 10, "{tried} at once");
    assert_eq!(
        deliveries(&app, &quiet, &target).await[0]["state"],
        "delivered"
    );
}

async fn a_url_is_not_shown(world: World) {
    let (probe, tenant) = (Arc::new(Probe::default()), world.tenant("finance").await);
    let app = probe.app(&world, settings());
    let target = make(&app, &tenant, &webhook(&["run"])).await;
    let read = admin(&app, &tenant, "GET", &format!("targets/{target}"))
        .send()
        .await;
    let shown = json!({
        "kind": "webhook", "url": { "stored": true, "origin": "https://hooks.example" }, "secret": { "stored": true },
    });
    assert_eq!(read.expect(200)["to"], shown);
    // What was read can be written.
    let same = json!({ "name": "other", "events": ["run", "run"], "to": shown });
    let put = |tag: &str| {
        admin(&app, &tenant, "PUT", &format!("targets/{target}"))
            .if_match(tag)
            .json(&same)
    };
    let changed = put("\"r1\"").send().await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["events"]),
        (&json!("other"), &json!(["run"]))
    );
    put("\"r1\"").send().await.problem(412, "changed");
    world.job(&tenant, "sales").await;
    event(&world, &tenant, "sales").await;
    deliver(&app).await;
    let url = probe.posts.lock().expect("no panic")[0].url.clone();
    assert_eq!(url.as_str(), "https://hooks.example/T1?token=t0ken");
    assert!(!world.dump().await.text().contains("t0ken"));
}

async fn mail_goes_to_the_operators_server(world: World) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let served = tokio::spawn(serve_mail(listener));
    let tenant = world.tenant("finance").await;
    let smtp = Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        tls: SmtpTls::None,
        sign_in: None,
        from: "Writeback <writeback@example.com>".to_owned(),
    };
    let with_mail = Settings {
        smtp: Some(smtp),
        ..settings()
    };
    let app = Arc::new(Probe::default()).app(&world, with_mail);
    let target = json!({ "name": "us", "events": ["run"], "to": { "kind": "email", "to": ["a@example.com", "b@example.com"] } });
    let without = admin(&world.app, &tenant, "POST", "targets")
        .json(&target)
        .send()
        .await;
    without.problem(422, "invalid");
    let target = make(&app, &tenant, &target).await;
    world.job(&tenant, "sales").await;
    event(&world, &tenant, "sales").await;
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(
        deliveries(&app, &tenant, &target).await[0]["state"],
        "delivered"
    );
    let (recipients, mail) = served.await.expect("a mail");
    assert_eq!(
        recipients,
        ["RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>"]
    );
    assert!(
        mail.contains("Subject: Writeback: sales: cancelled\r\n"),
        "{mail}"
    );
    assert!(mail.contains("\r\nJob: sales\r\n"), "{mail}");
}

/// A mail server that takes one message.
async fn serve_mail(listener: TcpListener) -> (Vec<String>, String) {
    let (stream, _) = listener.accept().await.expect("a connection");
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader);
    let (mut recipients, mut mail, mut in_mail) = (Vec::new(), String::new(), false);
    writer
        .write_all(b"220 test ESMTP\r\n")
        .await
        .expect("a greeting");
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await.expect("a line") == 0 {
            return (recipients, mail);
        }
        let answer = match line.trim_end() {
            "." if in_mail => {
                in_mail = false;
                "250 taken"
            }
            _ if in_mail => {
                mail.push_str(&line);
                continue;
            }
            "DATA" => {
                in_mail = true;
                "354 go on"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await.expect("an answer");
                return (recipients, mail);
            }
            command => {
                if command.starts_with("RCPT") {
                    recipients.push(command.to_owned());
                }
                "250 ok"
            }
        };
        writer
            .write_all(format!("{answer}\r\n").as_bytes())
            .await
            .expect("an answer");
        if !mail.is_empty() && !in_mail {
            return (recipients, mail);
        }
    }
}

async fn a_run_becomes_a_row(world: World) {
    let (probe, tenant) = (Arc::new(Probe::default()), world.tenant("finance").await);
    let app = probe.app(&world, settings());
    let target = |events: &[&str]| json!({ "name": "log", "events": events, "to": { "kind": "domo", "account": "domo", "dataset": "0-1" } });
    let refused = admin(&app, &tenant, "POST", "targets")
        .json(&target(&["run", "stale"]))
        .send()
        .await;
    let refused = refused.problem(422, "invalid");
    assert_eq!(
        refused["errors"].as_array().map(Vec::len),
        Some(2),
        "{refused}"
    );
    admin(&app, &tenant, "POST", "accounts")
        .json(&domo("s3cret"))
        .send()
        .await
        .expect(201);
    make(&app, &tenant, &target(&["run"])).await;
    world.job(&tenant, "sales").await;
    event(&world, &tenant, "sales").await;
    assert_eq!(deliver(&app).await, 1);
    let rows = probe.rows.lock().expect("no panic").clone();
    assert_eq!((rows[0].0.as_str(), rows[0].1.as_str()), ("domo", "0-1"));
    assert!(
        rows[0].2.contains(",sales,cancelled,manual,"),
        "{}",
        rows[0].2
    );
}

async fn a_target_is_tried(world: World) {
    let (probe, tenant) = (Arc::new(Probe::default()), world.tenant("finance").await);
    let app = probe.app(&world, settings());
    let target = make(&app, &tenant, &webhook(&["failure"])).await;
    let test = async || {
        let ask = admin(&app, &tenant, "POST", &format!("targets/{target}/test"));
        ask.send().await.expect(200)
    };
    probe.answer([Ok(204), Ok(302)]);
    assert_eq!(test().await, json!({ "delivered": true }));
    assert_eq!(
        test().await,
        json!({ "delivered": false, "error": "the webhook answered 302" })
    );
    let posts = probe.posts.lock().expect("no panic").clone();
    let body: Value = serde_json::from_slice(&posts[0].body).expect("JSON");
    assert_eq!(body["event"], "test");
}

async fn what_is_wrong_is_told(world: World) {
    let tenant = world.tenant("finance").await;
    let wrong = async |to: Value| {
        let target = json!({ "name": "", "events": [], "to": to });
        let told = admin(&world.app, &tenant, "POST", "targets")
            .json(&target)
            .send()
            .await;
        let told = told.problem(422, "invalid");
        told["errors"].as_array().expect("a list").len()
    };
    let hook = |url: &str, secret: &str| json!({ "kind": "webhook", "url": { "value": url }, "secret": { "value": secret } });
    assert_eq!(wrong(hook("https://a.example/x", SECRET)).await, 2);
    assert_eq!(wrong(hook("ftp://a.example/x", "short")).await, 4);
    assert_eq!(wrong(hook("https://user:pass@a.example/", SECRET)).await, 3);
    assert_eq!(
        wrong(
            json!({ "kind": "webhook", "url": { "stored": true }, "secret": { "value": SECRET } })
        )
        .await,
        3
    );
    let pigeon = json!({ "name": "x", "events": ["run"], "to": { "kind": "pigeon" } });
    admin(&world.app, &tenant, "POST", "targets")
        .json(&pigeon)
        .send()
        .await
        .problem(422, "invalid");
}
