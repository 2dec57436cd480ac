//! What a tenant says of itself is not trusted, and neither is where it wants its notifications.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use writeback_host::Zeroizing;
use writeback_server::runner::{Post, Runner as _};

use super::scene::machine;
use crate::world::World;

fn post(url: String) -> Post {
    Post {
        url: Zeroizing::new(url),
        headers: vec![("x-signature".to_owned(), "abc".to_owned())],
        body: b"{}".to_vec(),
    }
}

/// What a tenant says otherwise.
type Edit = fn(&mut Value);

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_reaches_for_the_machine_is_refused() {
    let (world, machine) = (World::start().await, machine());
    let fleet = world.fleet_in(machine.path());
    let edits: [(&str, Edit); 5] = [
        (
            "`accounts.domo.client_secret`: must be `{ store = \"KEY\" }`, not `file`",
            |config| {
                config["accounts"]["domo"]["client_secret"] = json!({ "file": "/etc/passwd" });
            },
        ),
        ("not `exec`", |config| {
            config["accounts"]["domo"]["client_secret"] = json!({ "exec": ["/bin/true"] });
        }),
        (
            "`egress.allow_addresses`: `10.0.0.1:443` is not among the operator's",
            |config| {
                config["accounts"] = json!({});
                config["egress"] = json!({ "allow_addresses": ["10.0.0.1:443"] });
            },
        ),
        ("`egress.ca_file`: is the operator's to set", |config| {
            config["egress"] = json!({ "ca_file": "/etc/passwd" });
        }),
        ("`state`: is the operator's to set", |config| {
            config["state"] = json!({ "dir": "/tmp" });
        }),
    ];
    for (expected, edit) in edits {
        let mut tenant = world.member("acme");
        edit(&mut tenant.config);
        let failure = fleet
            .check(&tenant, &world.job())
            .await
            .expect_err(expected);
        assert_eq!(failure.code, "config-invalid");
        assert!(failure.message.contains(expected), "{failure:#?}");
    }
    let mut tenant = world.member("acme");
    tenant.id = "../acme".to_owned();
    let failure = fleet
        .check(&tenant, &world.job())
        .await
        .expect_err("no such name");
    assert_eq!(failure.code, "internal", "{failure:#?}");
    assert!(!format!("{:?}", world.member("acme")).contains("secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_goes_where_the_operator_allows_and_nowhere_else() {
    let (mut world, machine) = (World::start().await, machine());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let addresses = world.config["egress"]["allow_addresses"].as_array_mut();
    addresses.expect("a list").push(json!(address.to_string()));
    let fleet = world.fleet_in(machine.path());
    let answering = async {
        let (mut stream, _) = listener.accept().await.expect("a visitor");
        let mut head = [0; 1024];
        let read = stream.read(&mut head).await.expect("a request");
        let reply = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(reply).await.expect("answered");
        String::from_utf8_lossy(&head[..read]).into_owned()
    };
    let message = post(format!("http://{address}/hook?s3cret"));
    let tenant = world.member("acme");
    let (status, head) = tokio::join!(fleet.post(&tenant, &message), answering);
    assert_eq!(status, Ok(202));
    assert!(head.contains("x-signature: abc"), "{head}");

    for (url, expected) in [
        ("https://127.0.0.1/hook?s3cret", "loopback"),
        ("https://[::ffff:127.0.0.1]/hook?s3cret", "loopback"),
        (
            "https://169.254.169.254/hook?s3cret",
            "link-local or metadata",
        ),
        ("https://10.0.0.1/hook?s3cret", "private"),
        ("http://hooks.example.com/s3cret", "must be https"),
    ] {
        let refused = fleet.post(&tenant, &post(url.to_owned())).await;
        let why = refused.expect_err(url);
        assert!(why.contains(expected) && !why.contains("s3cret"), "{why}");
    }
    // A tenant may reach less than the operator allows.
    let mut narrow = world.member("narrow");
    narrow.config["egress"] = json!({ "allow_addresses": [] });
    narrow.config["accounts"] = json!({});
    let refused = fleet
        .post(&narrow, &message)
        .await
        .expect_err("it is not the tenant's");
    assert!(refused.contains("must be https"), "{refused}");
}
