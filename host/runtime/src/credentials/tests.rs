//! Signing in, against a token endpoint on loopback and a clock that does not wait.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Mutex as StdMutex;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::clock::{Clock, Sleep};
use crate::config::{Config, DomoAccount, Egress, SecretSource};
use crate::edited::with;

const TOKEN: &str =
    r#"{"access_token":"t0ken","expires_in":3600,"userId":7,"role":"Admin","scope":"data"}"#;

/// Time that passes only by being slept.
struct Virtual(StdMutex<(SystemTime, Vec<Duration>)>);

impl Virtual {
    fn advance(&self, by: Duration) {
        self.0.lock().unwrap().0 += by;
    }

    fn pauses(&self) -> Vec<u64> {
        self.0
            .lock()
            .unwrap()
            .1
            .iter()
            .map(|pause| pause.as_millis() as u64)
            .collect()
    }
}

impl Clock for Virtual {
    fn now(&self) -> SystemTime {
        self.0.lock().unwrap().0
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.advance(duration);
        self.0.lock().unwrap().1.push(duration);
        Box::pin(std::future::ready(()))
    }
}

struct Given {
    tenant: Tenant,
    clock: Arc<Virtual>,
    requests: Arc<StdMutex<Vec<String>>>,
    _files: tempfile::TempDir,
}

/// A Domo account whose token endpoint gives these answers, one a connection.
async fn given(answers: Vec<String>) -> Given {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(StdMutex::new(Vec::new()));
    tokio::spawn(serve(listener, answers, Arc::clone(&requests)));
    let files = tempfile::tempdir().unwrap();
    let secret = files.path().join("secret");
    std::fs::write(&secret, "s3cret\n").unwrap();
    private(&secret);
    let clock = Arc::new(Virtual(StdMutex::new((SystemTime::UNIX_EPOCH, Vec::new()))));
    let config = with(Config::default(), |config| {
        config.accounts = [("domo".to_owned(), domo(address, secret))].into();
        config.egress = with(Egress::default(), |egress| {
            egress.allow_addresses = vec![address]
        });
    });
    Given {
        tenant: Tenant::builder(config.into_tenant())
            .clock(Arc::clone(&clock) as Arc<dyn Clock>)
            .build()
            .unwrap(),
        clock,
        requests,
        _files: files,
    }
}

fn private(file: &Path) {
    #[cfg(unix)]
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

fn domo(address: SocketAddr, secret: std::path::PathBuf) -> AccountConfig {
    let mut domo = DomoAccount::new("id", SecretSource::File(secret));
    domo.endpoints.api = Some(format!("http://{address}"));
    AccountConfig::Domo(domo)
}

async fn serve(listener: TcpListener, answers: Vec<String>, requests: Arc<StdMutex<Vec<String>>>) {
    for answer in answers {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        requests
            .lock()
            .unwrap()
            .push(String::from_utf8(head).unwrap());
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

impl Given {
    async fn token(&self) -> Result<Arc<AccessToken>, SignInError> {
        self.renewed(None).await
    }

    async fn renewed(
        &self,
        stale: Option<&Arc<AccessToken>>,
    ) -> Result<Arc<AccessToken>, SignInError> {
        let account = &self.tenant.accounts()["domo"];
        account.token(&self.tenant, stale).await
    }

    fn requests(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_kept_until_it_is_about_to_end() {
    let given = given(vec![answer(200, "", TOKEN); 2]).await;
    let (first, second) = tokio::join!(given.token(), given.token());
    assert!(Arc::ptr_eq(
        first.as_ref().unwrap(),
        second.as_ref().unwrap()
    ));
    assert_eq!(first.unwrap().header().to_str().unwrap(), "Bearer t0ken");
    given.clock.advance(Duration::from_secs(3299));
    given.token().await.unwrap();
    assert_eq!(given.requests(), 1);
    given.clock.advance(Duration::from_secs(1));
    given.token().await.unwrap();
    assert_eq!(given.requests(), 2);
}

#[tokio::test]
async fn a_stale_token_is_renewed_once_for_all_who_hold_it() {
    let given = given(vec![answer(200, "", TOKEN); 2]).await;
    let old = given.token().await.unwrap();
    for _ in 0..2 {
        let new = given.renewed(Some(&old)).await.unwrap();
        assert!(!Arc::ptr_eq(&old, &new));
    }
    assert_eq!(given.requests(), 2);
}

#[tokio::test]
async fn domo_is_asked_by_get_and_then_by_post() {
    let given = given(vec![answer(405, "", ""), answer(200, "", TOKEN)]).await;
    let token = given.token().await.unwrap();
    assert_eq!(token.identity.subject.as_deref(), Some("7"));
    let requests = given.requests.lock().unwrap();
    assert!(requests[0].starts_with("GET /oauth/token?grant_type=client_credentials "));
    assert!(requests[1].starts_with("POST /oauth/token "));
    assert!(
        requests
            .iter()
            .all(|request| request.contains("authorization: Basic aWQ6czNjcmV0\r\n"))
    );
}

#[tokio::test]
async fn passing_trouble_is_waited_for_a_few_times() {
    let given = given(vec![
        answer(429, "retry-after: 7\r\n", ""),
        answer(503, "", ""),
        answer(200, "", TOKEN),
    ])
    .await;
    given.token().await.unwrap();
    assert_eq!(given.clock.pauses(), [7000, 1000]);
}

#[tokio::test]
async fn trouble_that_stays_is_told_with_the_number_of_tries() {
    let given = given(vec![answer(503, "", ""); 3]).await;
    assert_eq!(
        given.token().await.err().unwrap(),
        SignInError::Unavailable(
            "account `domo`: Domo answered HTTP 503 (tried 3 times)".to_owned()
        )
    );
}

#[tokio::test]
async fn a_long_retry_after_is_reported_at_once() {
    let given = given(vec![answer(429, "retry-after: 3600\r\n", "")]).await;
    assert_eq!(
        given.token().await.err().unwrap(),
        SignInError::Unavailable("account `domo`: Domo answered HTTP 429 (tried once)".to_owned())
    );
    assert!(given.clock.pauses().is_empty());
}

#[tokio::test]
async fn a_refusal_is_final_and_repeats_no_secret() {
    let given = given(vec![answer(
        401,
        "",
        r#"{"message":"no s3cret here","toe":"T1"}"#,
    )])
    .await;
    let Err(SignInError::Refused(text)) = given.token().await else {
        panic!()
    };
    assert!(
        text.starts_with(
            "account `domo`: Domo answered HTTP 401 `no … here` (toe `T1`)\nhint: check"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn who_waits_for_a_sign_in_gets_its_failure_too() {
    let given = given(vec![answer(503, "", ""); 3]).await;
    let (first, second) = tokio::join!(given.token(), given.token());
    assert!(first.is_err());
    assert_eq!(first.err(), second.err());
    assert_eq!(given.requests(), 3);
}

#[tokio::test]
async fn a_sign_in_goes_on_when_nobody_waits_any_more() {
    let given = given(vec![answer(200, "", TOKEN)]).await;
    {
        let mut waiting = Box::pin(given.token());
        // Polled once, so that it has begun, and dropped.
        assert!(
            std::future::poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await
        );
    }
    given.token().await.unwrap();
    assert_eq!(given.requests(), 1);
}

#[tokio::test]
async fn a_missing_source_is_named() {
    let account = Arc::new(test_account());
    let tenant = Tenant::new(Config::default().into_tenant()).unwrap();
    assert_eq!(
        account.token(&tenant, None).await.err().unwrap(),
        SignInError::Refused(
            "account `sharepoint`: the environment variable `WRITEBACK_TEST_UNSET` is not set\nhint: set it, or say under `client_secret` where the secret is".to_owned()
        )
    );
}
