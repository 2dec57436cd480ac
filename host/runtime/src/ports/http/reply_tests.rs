//! Replies of a service on loopback, as a component gets to see them.

use ::http::{Method, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use writeback_policy::parse_url;

use super::*;
use crate::config::{Egress, Limits};
use crate::credentials::{SecretSources, test_account};
use crate::edited::with;
use crate::egress::{HttpClient, Outgoing};

const UPLOAD: &str = "https://contoso.sharepoint.com/upload?tempauth=0123456789abcdef";

struct Given {
    account: Arc<Binding>,
    links: Links,
    link: Option<Link>,
    idle: Duration,
    received_bytes: u64,
}

fn given() -> Given {
    Given {
        account: Arc::clone(&test_account().binding),
        links: Links::default(),
        link: None,
        idle: Duration::from_secs(60),
        received_bytes: u64::MAX,
    }
}

impl Given {
    /// The same for the reply to a request of a link.
    fn link(mut self) -> Self {
        let name = self.links.hide(UPLOAD, &self.account);
        self.link = self.links.find(&name);
        self
    }

    /// A reply with this head and body, its connection closed after it.
    async fn reply(&self, head: &str, body: &str) -> Result<Reply, Error> {
        Ok(self.open_reply(head, body).await?.0)
    }

    /// The same, and what keeps its connection open.
    async fn open_reply(
        &self,
        head: &str,
        body: &str,
    ) -> Result<(Reply, oneshot::Sender<()>), Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let egress = with(Egress::default(), |egress| {
            egress.allow_addresses = vec![address]
        });
        let client = HttpClient::new(
            &egress,
            &Limits::default(),
            &Arc::new(SecretSources::default()),
        )
        .unwrap();
        let (url, origin) = parse_url(&format!("http://{address}/")).unwrap();
        let request = Request::builder()
            .method(Method::GET)
            .uri(url.as_str())
            .body(Outgoing::bytes(""))
            .unwrap();
        let answer = format!("HTTP/1.1 {head}\r\n\r\n{body}");
        let (open, closed) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1000]).await.unwrap();
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = closed.await;
        });
        let received = client.send(request, &origin).await.unwrap();
        let target = Target {
            url,
            origin,
            account: Some(Arc::clone(&self.account)),
            link: self.link.clone(),
        };
        let limits = with(Limits::default(), |limits| {
            limits.received_bytes = self.received_bytes
        });
        let traffic = Arc::new(Traffic::new(&limits, crate::usage::UsageMeter::new()));
        let reply = Reply::receive(received, target, &self.links, self.idle, &traffic).await;
        Ok((reply?, open))
    }
}

async fn text(reply: &mut Reply) -> String {
    let mut text = Vec::new();
    loop {
        let bytes = reply.read(7).await.unwrap();
        assert!(bytes.len() <= 7);
        if bytes.is_empty() {
            return String::from_utf8(text).unwrap();
        }
        text.extend(bytes);
    }
}

fn json_head(body: &str) -> String {
    format!(
        "200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}",
        body.len()
    )
}

#[tokio::test]
async fn an_accounts_json_has_links_in_the_place_of_urls() {
    let body = format!(r#"{{"uploadUrl":"{UPLOAD}","n":1.50}}"#);
    let given = given();
    let mut reply = given.reply(&json_head(&body), &body).await.unwrap();
    assert_eq!(text(&mut reply).await, r#"{"n":1.5,"uploadUrl":"link:1"}"#);
    assert_eq!(given.links.find("link:1").unwrap().url.as_str(), UPLOAD);
}

#[tokio::test]
async fn json_without_links_is_handed_on_byte_by_byte() {
    let body = r#"{ "n": 1.50 }"#;
    assert_eq!(
        text(&mut given().reply(&json_head(body), body).await.unwrap()).await,
        body
    );
}

#[tokio::test]
async fn what_a_service_says_about_a_link_does_not_repeat_it() {
    let given = given().link();
    for (kind, body) in [
        (
            "application/json",
            format!(r#"{{"message":"gone: {UPLOAD}"}}"#),
        ),
        ("text/html", format!("<p>{UPLOAD}</p>")),
    ] {
        let head = format!(
            "404 Not Found\r\ncontent-type: {kind}\r\nx-echo: {UPLOAD}\r\ncontent-length: {}",
            body.len()
        );
        let mut reply = given.reply(&head, &body).await.unwrap();
        let shown = text(&mut reply).await
            + &reply
                .headers
                .iter()
                .map(|header| header.value.as_str())
                .collect::<String>();
        assert!(
            shown.contains('…') && !shown.contains("tempauth"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn redirects_and_cookies_are_credentials() {
    let given = given();
    let head = format!(
        "302 Found\r\nlocation: {UPLOAD}\r\nset-cookie: FedAuth=x\r\nX-Other: y\r\ncontent-length: 0"
    );
    let reply = given.reply(&head, "").await.unwrap();
    let headers: Vec<_> = reply
        .headers
        .iter()
        .map(|header| (header.name.as_str(), header.value.as_str()))
        .collect();
    assert_eq!(
        headers,
        [
            ("location", "link:1"),
            ("x-other", "y"),
            ("content-length", "0")
        ]
    );
    let reply = given
        .reply(
            "302 Found\r\nlocation: https://graph.microsoft.com/v1.0/x\r\ncontent-length: 0",
            "",
        )
        .await
        .unwrap();
    assert_eq!(reply.headers[0].value, "https://graph.microsoft.com/v1.0/x");
}

#[tokio::test]
async fn json_that_cannot_be_checked_is_not_handed_on() {
    let given = given();
    let cut = format!(r#"{{"uploadUrl":"{UPLOAD}""#);
    let large = format!("[{}1]", " ".repeat(JSON_BYTES));
    for (head, body, why) in [
        (json_head(&cut), cut.as_str(), "is not valid JSON"),
        (
            json_head(&large),
            large.as_str(),
            "is larger than 8388608 bytes",
        ),
        (
            json_head("{}") + "\r\ncontent-encoding: gzip",
            "{}",
            "is compressed, which nobody asked for",
        ),
    ] {
        let Err(Error::Transport(text)) = given.reply(&head, body).await else {
            panic!("{why}")
        };
        assert!(text.ends_with(why), "{text}");
    }
}

#[tokio::test]
async fn a_body_that_broke_stays_broken() {
    let head = "200 OK\r\ncontent-type: text/csv\r\ncontent-length: 10";
    let mut reply = given().reply(head, "short").await.unwrap();
    assert_eq!(reply.read(100).await.unwrap(), b"short");
    for _ in 0..2 {
        let Err(Error::Transport(text)) = reply.read(100).await else {
            panic!()
        };
        assert!(text.contains("broke off: "), "{text}");
    }
}

#[tokio::test]
async fn a_silent_body_is_late_and_stays_late() {
    let given = Given {
        idle: Duration::ZERO,
        ..given()
    };
    let head = "200 OK\r\ncontent-type: text/csv\r\ncontent-length: 1";
    let (mut reply, _open) = given.open_reply(head, "").await.unwrap();
    for _ in 0..2 {
        let Err(Error::Timeout(text)) = reply.read(1).await else {
            panic!()
        };
        assert!(
            text.ends_with("within a reply for 0 s (`limits.idle_seconds`)"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn bytes_beyond_the_limit_are_not_handed_on() {
    let over = "the run may not receive more than 30 bytes (the limit is `limits.received_bytes`)";
    let given = Given {
        received_bytes: 30,
        ..given()
    };
    // The headers count: `content-length` and `10`.
    let mut reply = given
        .reply("200 OK\r\ncontent-length: 10", "0123456789")
        .await
        .unwrap();
    assert_eq!(text(&mut reply).await, "0123456789");
    let mut reply = given
        .reply("200 OK\r\ncontent-length: 15", "0123456789abcde")
        .await
        .unwrap();
    for _ in 0..2 {
        let Err(Error::Limit(text)) = reply.read(7).await else {
            panic!()
        };
        assert_eq!(text, over);
    }
    let Err(Error::Limit(text)) = given
        .reply("200 OK\r\nx-long: 0123456789abcdefghijklmnopq", "")
        .await
    else {
        panic!()
    };
    assert_eq!(text, over);
}
