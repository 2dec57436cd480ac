//! Through a proxy on loopback that does as it is told.

use std::net::SocketAddr;
use std::sync::Arc;

use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::config::{Egress, Limits, SecretSource};
use crate::credentials::SecretSources;
use crate::edited::with;
use crate::egress::testing::{Answers, Authority, OK, authority, head, send};
use crate::egress::{HttpClient, Outgoing, Received, SendError};

const REMOTE: &str = "https://remote.example/";

/// A proxy, the authority of what is behind it, and a configuration that names both.
struct Proxied {
    listener: TcpListener,
    address: SocketAddr,
    authority: Authority,
    egress: Egress,
    answers: Arc<Answers>,
}

async fn proxied() -> Proxied {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let authority = authority(&["remote.example", "proxy.example"]);
    let egress = with(Egress::default(), |egress| {
        egress.proxy = Some(format!("http://{address}"));
        egress.ca_file = Some(authority.file.path().to_owned());
    });
    Proxied {
        listener,
        address,
        authority,
        egress,
        answers: Answers::new([]),
    }
}

impl Proxied {
    fn client(&self) -> HttpClient {
        let (limits, sources) = (Limits::default(), Arc::new(SecretSources::default()));
        HttpClient::resolving(&self.egress, &limits, &sources, self.answers.clone()).unwrap()
    }

    async fn get(&self, url: &str) -> Result<Received, SendError> {
        let body = Outgoing::bytes(Vec::new());
        send(&self.client(), url, Method::GET, body).await
    }

    /// Answers one CONNECT with `reply`; returns what was asked.
    async fn answer(&self, reply: &[u8]) -> (TcpStream, String) {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let asked = head(&mut stream).await;
        stream.write_all(reply).await.unwrap();
        (stream, asked)
    }

    /// Lets one CONNECT through and is the service behind it; returns what both were asked.
    async fn pass(&self) -> (String, String) {
        let (stream, asked) = self
            .answer(b"HTTP/1.1 200 Connection established\r\n\r\n")
            .await;
        let mut tls = self.authority.acceptor.accept(stream).await.unwrap();
        let inside = head(&mut tls).await;
        tls.write_all(OK).await.unwrap();
        (asked, inside)
    }

    /// Why there is no reply when the proxy answers `reply`.
    async fn refusal(&self, reply: &[u8]) -> SendError {
        let (received, _) = tokio::join!(self.get(REMOTE), self.answer(reply));
        received.err().unwrap()
    }
}

#[tokio::test]
async fn the_proxy_learns_the_host_and_nothing_else() {
    let proxied = proxied().await;
    let url = format!("{REMOTE}path?secret");
    let (received, (asked, inside)) = tokio::join!(proxied.get(&url), proxied.pass());
    assert_eq!(received.unwrap().response.status(), 200);
    assert_eq!(
        asked,
        "CONNECT remote.example:443 HTTP/1.1\r\nhost: remote.example:443\r\n\r\n"
    );
    assert!(
        inside.starts_with("GET /path?secret HTTP/1.1\r\nhost: remote.example\r\n"),
        "{inside}"
    );
    // Its own address is loopback, and the name was its to resolve.
    assert_eq!(proxied.answers.asked(), 0);
}

#[tokio::test]
async fn a_proxy_may_be_spoken_to_in_tls_and_by_name() {
    let mut proxied = proxied().await;
    let port = proxied.address.port();
    proxied.egress.proxy = Some(format!("https://proxy.example:{port}"));
    proxied.answers = Answers::new([vec![proxied.address]]);
    let serving = async {
        let (stream, _) = proxied.listener.accept().await.unwrap();
        let mut outer = proxied.authority.acceptor.accept(stream).await.unwrap();
        let asked = head(&mut outer).await;
        outer.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut inner = proxied.authority.acceptor.accept(outer).await.unwrap();
        head(&mut inner).await;
        inner.write_all(OK).await.unwrap();
        asked
    };
    let (received, asked) = tokio::join!(proxied.get(REMOTE), serving);
    assert_eq!(received.unwrap().response.status(), 200);
    assert!(asked.starts_with("CONNECT remote.example:443 "), "{asked}");
}

fn password(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[tokio::test]
async fn the_login_is_for_the_proxy_alone_and_never_shown() {
    let file = password("pr0xy-s3cret");
    let mut proxied = proxied().await;
    proxied.egress.proxy_user = Some("writeback".to_owned());
    proxied.egress.proxy_password = Some(SecretSource::File(file.path().to_owned()));
    let (received, (asked, inside)) = tokio::join!(proxied.get(REMOTE), proxied.pass());
    assert!(received.is_ok());
    // "writeback:pr0xy-s3cret"
    let basic = "Basic d3JpdGViYWNrOnByMHh5LXMzY3JldA==";
    assert!(
        asked.contains(&format!("proxy-authorization: {basic}\r\n")),
        "{asked}"
    );
    assert!(!inside.contains("proxy-authorization"), "{inside}");

    let refused = proxied
        .refusal(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        .await;
    let text = refused.to_string();
    assert!(
        !text.contains("s3cret") && !text.contains("d3JpdG"),
        "{text}"
    );
    assert!(
        text.ends_with("hint: check `proxy_user` and `proxy_password` under `[egress]`"),
        "{text}"
    );
    assert!(!format!("{:?}", proxied.egress).contains("s3cret"));
}

#[tokio::test]
async fn a_password_that_cannot_be_read_names_its_key() {
    let mut proxied = proxied().await;
    proxied.egress.proxy_user = Some("writeback".to_owned());
    proxied.egress.proxy_password = Some(SecretSource::Env("WRITEBACK_TEST_UNSET".to_owned()));
    let accepting = async { proxied.listener.accept().await.unwrap() };
    let (received, _stream) = tokio::join!(proxied.get(REMOTE), accepting);
    let text = received.err().unwrap().to_string();
    assert!(
        text.contains(
            "`WRITEBACK_TEST_UNSET` is not set\nhint: set it, or say under `proxy_password`"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn a_refusal_of_the_proxy_tells_its_status() {
    let proxied = proxied().await;
    let at = format!(
        "cannot reach `https://remote.example`: the proxy `http://{}` refused the way to `remote.example:443`: HTTP",
        proxied.address
    );
    let login = proxied
        .refusal(b"HTTP/1.1 407 Login\r\ncontent-length: 0\r\n\r\n")
        .await;
    assert_eq!(
        login,
        SendError::Denied(format!(
            "{at} 407\nhint: give the proxy its `proxy_user` and `proxy_password` under `[egress]`"
        ))
    );
    let forbidden = proxied
        .refusal(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 4\r\n\r\nno\r\n")
        .await;
    assert_eq!(
        forbidden,
        SendError::Denied(format!(
            "{at} 403\nhint: ask who runs the proxy to allow `remote.example:443`"
        ))
    );
    let broken = proxied.refusal(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
    assert!(matches!(broken, SendError::Transport(_)));
    assert!(broken.to_string().ends_with("HTTP 502"), "{broken}");
}

#[tokio::test]
async fn what_is_no_proxy_is_named() {
    let proxied = proxied().await;
    for reply in [
        &b"SSH-2.0-OpenSSH_9.6\r\n"[..],
        b"HTTP/1.1 200 OK\r\n\r\ntoo early",
    ] {
        let error = proxied.refusal(reply).await;
        assert!(matches!(error, SendError::Transport(_)));
        let expected = format!(
            "asking the proxy `http://{}` for a way failed: ",
            proxied.address
        );
        assert!(error.to_string().contains(&expected), "{error}");
    }
    let Proxied {
        listener,
        egress,
        answers,
        address,
        ..
    } = proxied;
    drop(listener);
    let sources = Arc::new(SecretSources::default());
    let client = HttpClient::resolving(&egress, &Limits::default(), &sources, answers).unwrap();
    let failed = send(&client, REMOTE, Method::GET, Outgoing::bytes(Vec::new())).await;
    let text = failed.err().unwrap().to_string();
    assert!(
        text.contains(&format!(
            "connecting to the proxy `http://{address}` failed: "
        )),
        "{text}"
    );
}

#[tokio::test]
async fn names_and_literals_are_checked_before_the_proxy_is_asked() {
    let proxied = proxied().await;
    for (host, why) in [
        (
            "10.0.0.1",
            "`10.0.0.1` is the private address 10.0.0.1:443\nhint: set `allow_addresses",
        ),
        ("169.254.169.254", "link-local or metadata address"),
        ("[::1]", "`[::1]` is the loopback address"),
        ("[::ffff:10.0.0.1]", "private address"),
        ("0x7f.1", "loopback address"),
        ("localhost", "`localhost` would be the proxy itself"),
        ("a.localhost.", "would be the proxy itself"),
    ] {
        let denied = proxied
            .get(&format!("https://{host}/"))
            .await
            .err()
            .unwrap();
        assert!(matches!(denied, SendError::Denied(_)), "{host}");
        assert!(denied.to_string().contains(why), "{denied}");
    }
}

#[tokio::test]
async fn exceptions_and_exempt_addresses_are_reached_directly() {
    let near = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = near.local_addr().unwrap();
    let mut proxied = proxied().await;
    proxied.egress.allow_addresses = vec![at];
    proxied.egress.no_proxy = vec!["*.near.example".to_owned()];
    proxied.answers = Answers::new([vec![at]]);
    for url in [format!("http://{at}/"), "http://a.near.example/".to_owned()] {
        let serving = async {
            let (mut stream, _) = near.accept().await.unwrap();
            let asked = head(&mut stream).await;
            stream.write_all(OK).await.unwrap();
            asked
        };
        let (received, asked) = tokio::join!(proxied.get(&url), serving);
        assert_eq!(received.unwrap().response.status(), 200);
        assert!(asked.starts_with("GET / HTTP/1.1"), "{asked}");
    }
    // An exception from the proxy is none from the addresses.
    proxied.answers = Answers::new([vec!["10.0.0.1:443".parse().unwrap()]]);
    let denied = proxied.get("https://b.near.example/").await.err().unwrap();
    assert!(denied.to_string().contains("private address"), "{denied}");
}

#[tokio::test]
async fn a_proxy_that_does_not_answer_is_a_timeout() {
    let proxied = proxied().await;
    let limits = with(Limits::default(), |limits| limits.connect_seconds = 1);
    let sources = Arc::new(SecretSources::default());
    let answers = proxied.answers.clone();
    let client = HttpClient::resolving(&proxied.egress, &limits, &sources, answers).unwrap();
    let asking = send(&client, REMOTE, Method::GET, Outgoing::bytes(Vec::new()));
    let silence = async {
        let (mut stream, _) = proxied.listener.accept().await.unwrap();
        head(&mut stream).await;
        stream.read_to_end(&mut Vec::new()).await
    };
    let (received, _) = tokio::join!(asking, silence);
    assert_eq!(
        received.err().unwrap(),
        SendError::Timeout(format!(
            "cannot reach `https://remote.example`: asking the proxy `http://{}` took longer than 1 s (`limits.connect_seconds`)",
            proxied.address
        ))
    );
}
