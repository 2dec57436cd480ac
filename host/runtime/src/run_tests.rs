//! The real component in the real sandbox, without a network.

use super::*;
use crate::config::{Config, Limits};
use crate::edited::with;
use crate::{Engine, EngineOptions, Error};

/// A component of one import: an instance without functions.
fn importing(name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap();
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.extend([0x07, 3, 1, 0x42, 0]);
    bytes.extend([0x0a, length + 5, 1, 0x00, length]);
    bytes.extend(name.as_bytes());
    bytes.extend([0x05, 0]);
    bytes
}

fn engine() -> Engine {
    Engine::new(EngineOptions::default()).unwrap()
}

fn given(limits: Limits) -> (Connector, Tenant) {
    let connector = engine().load(writeback_component::BYTES).unwrap();
    let config = with(Config::default(), |config| config.limits = limits);
    (connector, Tenant::new(config.into_tenant()).unwrap())
}

#[tokio::test]
async fn a_component_describes_itself_and_its_jobs() {
    let (connector, tenant) = given(Limits::default());
    let description: Value =
        serde_json::from_str(&connector.describe(&tenant).await.unwrap()).unwrap();
    assert_eq!(description["name"], "writeback-connector");
    let Err(RunError::Failed(failure)) = connector.run(&tenant).run("{}").await else {
        panic!()
    };
    assert_eq!(failure.code, "job-invalid");
}

#[tokio::test]
async fn a_limit_ends_the_run_by_name() {
    for (limits, limit) in [
        (
            with(Limits::default(), |limits| limits.memory = 65536),
            LimitExceeded::Memory(65536),
        ),
        (
            with(Limits::default(), |limits| limits.cpu_seconds = 0),
            LimitExceeded::Cpu(0),
        ),
    ] {
        let (connector, tenant) = given(limits);
        let ended = connector.run(&tenant).accounts(["none"]).browse("{}").await;
        assert_eq!(ended, Err(RunError::Limit(limit)));
    }
}

/// A service that takes connections and never answers, and a tenant whose account it is.
struct Silent {
    listener: tokio::net::TcpListener,
    tenant: Tenant,
    _secret: tempfile::NamedTempFile,
}

const BROWSE: &str = r#"{"kind":"datasets","account":"domo"}"#;

async fn silent(limits: Limits) -> Silent {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "s3cret").unwrap();
    let document = serde_json::json!({
        "accounts": {"domo": {
            "kind": "domo", "client_id": "id", "client_secret": {"file": secret.path()},
            "endpoints": {"api": format!("http://{address}")},
        }},
        "egress": {"allow_addresses": [address]},
    });
    let mut config = crate::config::parse(&document, std::path::Path::new("/")).unwrap();
    config.limits = limits;
    Silent {
        listener,
        tenant: Tenant::new(config.into_tenant()).unwrap(),
        _secret: secret,
    }
}

#[tokio::test]
async fn a_service_that_never_answers_ends_with_the_wall_time() {
    let silent = silent(with(Limits::default(), |limits| limits.wall_seconds = 0)).await;
    let connector = engine().load(writeback_component::BYTES).unwrap();
    let ended = connector.run(&silent.tenant).browse(BROWSE).await;
    assert_eq!(ended, Err(RunError::Limit(LimitExceeded::Wall(0))));
}

#[tokio::test]
async fn a_tenants_run_too_many_is_refused_until_one_has_ended() {
    let mut limits = Limits::default();
    limits.tenant.runs = 1;
    let silent = silent(limits).await;
    let (connector, neighbour) = given(Limits::default());
    connector.describe(&neighbour).await.unwrap();
    let run = connector.run(&silent.tenant);
    let first = tokio::spawn(async move { run.browse(BROWSE).await });
    let _connection = silent.listener.accept().await.unwrap();
    let second = connector.run(&silent.tenant).browse(BROWSE).await;
    assert_eq!(second, Err(RunError::Limit(LimitExceeded::TenantRuns(1))));
    assert_eq!(
        second.unwrap_err().to_string(),
        "the tenant may not have more than 1 runs under way at a time (the limit is `limits.tenant.runs`)"
    );
    assert!(connector.describe(&neighbour).await.is_ok());
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert!(connector.describe(&silent.tenant).await.is_ok());
}

#[tokio::test]
async fn a_tenants_limit_ends_the_run_by_name_and_is_given_back() {
    let mut limits = Limits::default();
    limits.tenant.memory = 32 << 20;
    let (connector, tenant) = given(limits);
    let quota = &tenant.quotas().memory;
    let mut held = Share::of([Arc::clone(quota)]);
    held.take((32 << 20) - 65536).unwrap();
    let ended = connector.describe(&tenant).await;
    assert_eq!(
        ended,
        Err(RunError::Limit(LimitExceeded::TenantMemory(32 << 20)))
    );
    drop(held);
    for _ in 0..3 {
        connector.describe(&tenant).await.unwrap();
    }
    assert_eq!(Share::of([Arc::clone(quota)]).take(32 << 20), Ok(()));
}

#[tokio::test]
async fn computing_for_too_long_together_ends_the_run() {
    let mut limits = Limits::default();
    limits.tenant.cpu_seconds = 0;
    let (connector, tenant) = given(limits);
    let ended = connector.describe(&tenant).await;
    assert_eq!(ended, Err(RunError::Limit(LimitExceeded::TenantCpu(0))));
}

#[tokio::test]
async fn a_cancelled_run_says_so() {
    let (connector, tenant) = given(Limits::default());
    let token = CancelToken::new();
    token.cancel();
    assert_eq!(
        connector.run(&tenant).cancel(token).run("{}").await,
        Err(RunError::Cancelled)
    );
}

#[test]
fn a_foreign_import_is_named() {
    for name in [
        "wasi:cli/environment@0.2.0",
        "wasi:sockets/tcp@0.2.0",
        "writeback:connector/shell@0.1.0",
        "other:connector/http@0.1.0",
    ] {
        match engine().load(&importing(name)) {
            Err(Error::ForeignImport { import, .. }) => assert_eq!(import, name),
            other => panic!("{name}: {other:?}"),
        }
    }
    // Nothing foreign, but no connector either.
    let error = engine()
        .load(&importing("writeback:connector/http@0.1.0"))
        .unwrap_err();
    assert!(matches!(error, Error::Component(_)), "{error}");
    assert!(matches!(
        engine().load(b"\0asm\x01\0\0\0"),
        Err(Error::Component(_))
    ));
}

#[test]
fn a_hint_in_a_message_becomes_the_hint() {
    let failure = |message: &str, hint: Option<&str>| {
        let failure = GuestFailure {
            code: "x".into(),
            message: message.into(),
            hint: hint.map(Into::into),
            retry_after: None,
        };
        let Failure { message, hint, .. } = failure.into();
        (message, hint)
    };
    assert_eq!(failure("a\nhint: b", None), ("a".into(), Some("b".into())));
    assert_eq!(
        failure("a\nhint: b", Some("c")),
        ("a".into(), Some("c".into()))
    );
    assert_eq!(failure("a", None), ("a".into(), None));
}

#[test]
fn what_a_program_holds_may_be_shared_among_its_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Engine>();
    shared::<Connector>();
    shared::<Tenant>();
    shared::<CancelToken>();
    shared::<RunError>();
    fn sent<T: Send>(_: T) {}
    // Never started: what matters is that it compiles.
    let _ = |run: Run, other: Run, third: Run| {
        sent(run.run("{}"));
        sent(other.check("{}"));
        sent(third.browse("{}"));
    };
}

#[test]
fn what_may_pass_is_worth_starting_again() {
    let mut failure = Failure::new("domo-unavailable", "no reply");
    assert!(!RunError::Failed(failure.clone()).is_retryable());
    failure.retry_after = Some(60);
    assert!(RunError::Failed(failure).is_retryable());
    assert!(RunError::Cancelled.is_retryable());
    assert!(!RunError::Limit(LimitExceeded::Wall(1)).is_retryable());
}
