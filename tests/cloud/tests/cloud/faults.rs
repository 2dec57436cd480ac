//! Each fault, seen by a client.

use serde_json::json;
use writeback_cloud::{Action, BodyEnd, Cloud, Fault, Service};

use crate::client::{Reply, cloud_with, dataset, domo_token, get, send};

async fn export(cloud: &Cloud) -> Result<Reply, String> {
    let token = domo_token(cloud, "owner").await;
    let url = format!("{}/data", dataset(cloud, "plain"));
    send(
        "GET",
        &url,
        &[("authorization", &token), ("accept", "text/csv")],
        "",
    )
    .await
}

fn on_data(action: Action) -> Fault {
    Fault::on(Service::Domo, "/data", action)
}

fn hook(name: &str, value: serde_json::Value) -> Fault {
    on_data(Action::Hook {
        name: name.to_owned(),
        value,
    })
}

/// Fields of each record, by a plain state machine.
fn widths(csv: &str) -> (Vec<usize>, bool) {
    let (mut quoted, mut fields, mut all) = (false, 1, Vec::new());
    for byte in csv.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => fields += 1,
            b'\n' if !quoted => all.push(std::mem::replace(&mut fields, 1)),
            _ => {}
        }
    }
    (all, quoted)
}

#[tokio::test]
async fn a_status_with_headers_and_body_once() {
    let file = r#"[{"service":"domo","method":"get","path":"*/data*","nth":2,"times":1,
        "action":{"status":{"status":429,"headers":{"retry-after":"7"},"body":{"message":"slow down"}}}}]"#;
    let cloud = cloud_with(Fault::parse_list(file).unwrap()).await;
    assert_eq!(export(&cloud).await.unwrap().status, 200);
    let slow = export(&cloud).await.unwrap();
    assert_eq!((slow.status, slow.header("retry-after")), (429, "7"));
    assert_eq!(slow.json()["message"], "slow down");
    assert_eq!(export(&cloud).await.unwrap().status, 200);
    let log = cloud.state().log.since(0);
    let fired: Vec<_> = log
        .iter()
        .filter(|entry| !entry.faults.is_empty())
        .collect();
    assert_eq!(fired.len(), 1);
    assert_eq!(
        (fired[0].faults[0].as_str(), fired[0].status),
        ("status-429", Some(429))
    );
}

#[tokio::test]
async fn reset_does_nothing_and_a_lost_reply_does() {
    let cloud = cloud_with(vec![
        Fault::on(Service::Domo, "/oauth/token", Action::Reset),
        Fault {
            nth: 2,
            ..Fault::on(Service::Domo, "/oauth/token", Action::LostReply)
        },
    ])
    .await;
    let client = &cloud.description().domo_client;
    let url = format!(
        "{}/oauth/token?grant_type=client_credentials",
        cloud.description().domo
    );
    let auth = crate::client::basic(&client.id, &client.secret);
    assert!(
        send("GET", &url, &[("authorization", &auth)], "")
            .await
            .is_err()
    );
    assert_eq!(cloud.state().tokens.expire_all(), 0);
    assert!(
        send("GET", &url, &[("authorization", &auth)], "")
            .await
            .is_err()
    );
    assert_eq!(
        cloud.state().tokens.expire_all(),
        1,
        "the request was done, only its reply is lost"
    );
    let log = cloud.state().log.since(0);
    assert!(log.iter().all(|entry| entry.status.is_none()), "{log:?}");
}

#[tokio::test]
async fn a_body_ends_early_in_each_way() {
    let cut = |end| on_data(Action::TruncateBody { after: 1000, end });
    let cloud = cloud_with(vec![cut(BodyEnd::Reset)]).await;
    assert!(export(&cloud).await.unwrap_err().contains("Incomplete"));
    let cloud = cloud_with(vec![cut(BodyEnd::Clean)]).await;
    assert_eq!(export(&cloud).await.unwrap().body.len(), 1000);
    let whole = export(&cloud).await.unwrap().body;
    assert!(whole.len() > 1000);

    let cloud = cloud_with(vec![cut(BodyEnd::Stall)]).await;
    let state = cloud.state().clone();
    let release = async {
        // The log shows how far the body came: no clock is needed to know that it stalls.
        while !state.log.since(0).iter().any(|entry| entry.sent == 1000) {
            tokio::task::yield_now().await;
        }
        let reply = send(
            "POST",
            &format!("{}/release", cloud.description().control),
            &[],
            "",
        )
        .await;
        assert_eq!(reply.unwrap().status, 200);
    };
    let (stalled, ()) = tokio::join!(export(&cloud), release);
    assert!(stalled.unwrap().body == whole);
}

#[tokio::test]
async fn a_counted_body_keeps_its_length_unless_it_ends_cleanly() {
    let cut = |end| {
        Fault::on(
            Service::Domo,
            "/v1/users",
            Action::TruncateBody { after: 5, end },
        )
    };
    let cloud = cloud_with(vec![
        cut(BodyEnd::Reset),
        Fault {
            nth: 2,
            ..cut(BodyEnd::Clean)
        },
    ])
    .await;
    let token = domo_token(&cloud, "owner").await;
    let url = format!("{}/v1/users", cloud.description().domo);
    assert!(
        send("GET", &url, &[("authorization", &token)], "")
            .await
            .is_err()
    );
    assert_eq!(get(&url, &[("authorization", &token)]).await.body.len(), 5);
}

#[tokio::test]
async fn a_stalled_request_goes_on_when_released_and_ends_when_given_up() {
    let cloud = cloud_with(vec![Fault {
        times: 2,
        ..on_data(Action::Stall)
    }])
    .await;
    let state = cloud.state().clone();
    let arrived = async |count: usize| {
        while state
            .log
            .since(0)
            .iter()
            .filter(|entry| entry.faults == ["stall"])
            .count()
            < count
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        reply = export(&cloud) => panic!("{reply:?}"),
        () = arrived(1) => {}
    }
    let release = async {
        arrived(2).await;
        send(
            "POST",
            &format!("{}/release", cloud.description().control),
            &[],
            "",
        )
        .await
        .unwrap()
    };
    let (released, _) = tokio::join!(export(&cloud), release);
    assert_eq!(released.unwrap().status, 200);
}

#[tokio::test]
async fn maintenance_is_html_with_200() {
    let cloud = cloud_with(vec![on_data(Action::HtmlMaintenance { status: 200 })]).await;
    let page = export(&cloud).await.unwrap();
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    assert!(page.text().contains("Domo Maintenance"));
}

#[tokio::test]
async fn exports_lie_as_told() {
    let cloud = cloud_with(vec![
        hook("short-export", json!(3)),
        Fault {
            nth: 2,
            ..hook("long-export", json!(2))
        },
        Fault {
            nth: 3,
            ..hook("ragged-export", json!(null))
        },
        Fault {
            nth: 4,
            ..hook("ragged-export", json!("fewer"))
        },
        Fault {
            nth: 5,
            ..hook("open-quote-export", json!(null))
        },
        Fault {
            nth: 6,
            ..hook("bom-export", json!(null))
        },
    ])
    .await;
    let (short, _) = widths(&export(&cloud).await.unwrap().text());
    assert_eq!(short, vec![8; 997]);
    let (long, _) = widths(&export(&cloud).await.unwrap().text());
    assert_eq!(long, vec![8; 1002]);
    let (more, _) = widths(&export(&cloud).await.unwrap().text());
    assert_eq!((more.len(), more[998], more[999]), (1000, 8, 9));
    let (fewer, _) = widths(&export(&cloud).await.unwrap().text());
    assert_eq!((fewer.len(), fewer[999]), (1000, 7));
    let (open, unclosed) = widths(&export(&cloud).await.unwrap().text());
    assert_eq!((open.len(), unclosed), (999, true));
    assert!(
        export(&cloud)
            .await
            .unwrap()
            .body
            .starts_with(b"\xef\xbb\xbf")
    );
}

#[tokio::test]
async fn json_replies_and_headers_are_patched() {
    let cloud = cloud_with(vec![
        Fault::on(
            Service::Domo,
            "/v1/datasets/",
            Action::PatchJson(json!({ "rows": 5, "owner": null })),
        ),
        Fault::on(
            Service::Domo,
            "/v1/datasets/",
            Action::SetHeaders([("x-extra".into(), "1".into())].into()),
        ),
        Fault::on(
            Service::Domo,
            "/oauth",
            Action::Hook {
                name: "token-lifetime".into(),
                value: json!(0),
            },
        ),
    ])
    .await;
    let expired = domo_token(&cloud, "owner").await;
    let users = format!("{}/v1/users", cloud.description().domo);
    assert_eq!(
        get(&users, &[("authorization", &expired)]).await.status,
        401
    );
    let token = domo_token(&cloud, "owner").await;
    let url = dataset(&cloud, "plain");
    let patched = get(&url, &[("authorization", &token)]).await;
    assert_eq!(
        (&patched.json()["rows"], patched.header("x-extra")),
        (&5.into(), "1")
    );
    assert!(patched.json().get("owner").is_none() && patched.json()["columns"] == 8);
    assert_eq!(
        get(&url, &[("authorization", &token)]).await.json()["rows"],
        1000
    );
}

#[tokio::test]
async fn a_refusal_reaches_a_client_that_is_still_sending() {
    let cloud = cloud_with(vec![Fault::on(
        Service::Graph,
        "/content",
        Action::Status {
            status: 507,
            headers: [].into(),
            body: json!("full"),
        },
    )])
    .await;
    let body = vec![b'x'; 12 << 20];
    let d = cloud.description();
    for (url, status) in [
        (format!("{}/content", d.graph), 507),
        (format!("{}/v1/nowhere", d.domo), 404),
    ] {
        let reply = send("PUT", &url, &[], body.clone()).await.unwrap();
        assert_eq!(reply.status, status, "{url}");
    }
}

#[tokio::test]
async fn a_header_can_be_a_date_from_now() {
    let file = r#"[{"path":"/data","action":{"status":{"status":503,"headers":{"retry-after":"date:+30"}}}},
                   {"path":"/data","nth":2,"action":{"set-headers":{"content-disposition":"","x-then":"date:-30"}}}]"#;
    let cloud = cloud_with(Fault::parse_list(file).unwrap()).await;
    let seconds = |text: &str| {
        let then = httpdate::parse_http_date(text).unwrap();
        then.duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs()
    };
    let busy = export(&cloud).await.unwrap();
    let ahead = seconds(busy.header("retry-after")) - seconds(busy.header("date"));
    assert!((29..=31).contains(&ahead), "{ahead}");
    let whole = export(&cloud).await.unwrap();
    assert!(seconds(whole.header("x-then")) < seconds(whole.header("date")));
    assert_eq!(whole.header("content-disposition"), "");
}

#[tokio::test]
async fn an_announced_length_shows_what_is_missing() {
    let cut = Action::TruncateBody {
        after: 1000,
        end: BodyEnd::Reset,
    };
    let cloud = cloud_with(vec![
        Fault {
            times: 2,
            ..hook("sized-export", json!(null))
        },
        Fault {
            nth: 2,
            ..on_data(cut)
        },
    ])
    .await;
    let whole = export(&cloud).await.unwrap();
    assert_eq!(whole.header("content-length"), whole.body.len().to_string());
    assert!(export(&cloud).await.is_err());
    assert_eq!(export(&cloud).await.unwrap().header("content-length"), "");
}

#[tokio::test]
async fn revoked_tokens_are_expired_from_that_request_on() {
    let mut fault = Fault::on(Service::Domo, "/v1/users", Action::RevokeTokens);
    fault.label = Some("the morning after".into());
    let cloud = cloud_with(vec![fault]).await;
    let token = domo_token(&cloud, "owner").await;
    let url = format!("{}/v1/users", cloud.description().domo);
    for _ in 0..2 {
        assert_eq!(get(&url, &[("authorization", &token)]).await.status, 401);
    }
    let log = cloud.state().log.since(0);
    let told: Vec<_> = log.iter().flat_map(|entry| &entry.faults).collect();
    assert_eq!(told, ["the morning after"]);
}
