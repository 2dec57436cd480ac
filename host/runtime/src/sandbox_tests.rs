//! A run's imports called as a component would call them, against the limits of run and tenant.

use wasmtime::ResourceLimiter;
use wasmtime::component::Resource;

use super::*;
use crate::bindings::writeback::connector::http::{Content, Header, Host as _, Method, Request};
use crate::bindings::writeback::connector::progress::{Host as _, Level};
use crate::bindings::writeback::connector::spool::HostBlob as _;
use crate::bindings::writeback::connector::{http, secrets, spool};
use crate::config::{Config, Limits, TenantLimits};
use crate::credentials::test_account;
use crate::edited::with;
use crate::ports::secrets::SecretHandle;
use crate::ports::spool::Blob;
use crate::progress::NoProgress;

fn tenant(limits: Limits, state: &tempfile::TempDir) -> Tenant {
    let mut config = with(Config::default(), |config| config.limits = limits);
    config.state.dir = Some(state.path().join("state"));
    Tenant::new(config.into_tenant()).unwrap()
}

fn run_of(tenant: &Tenant) -> Sandbox {
    let account = Arc::new(test_account());
    let lent = Lent::from([("sharepoint".to_owned(), Ok(account))]);
    Sandbox::new(
        tenant.clone(),
        lent,
        Arc::new(NoProgress),
        CancelToken::new(),
        UsageMeter::new(),
    )
}

fn run(limits: Limits) -> Sandbox {
    let state = tempfile::tempdir().unwrap();
    run_of(&tenant(limits, &state))
}

/// A limit that ended the run.
fn ended<T: std::fmt::Debug>(result: wasmtime::Result<T>) -> LimitExceeded {
    let error = result.unwrap_err();
    error.downcast_ref::<LimitExceeded>().unwrap().clone()
}

fn get(url: &str) -> Request {
    Request {
        method: Method::Get,
        url: url.to_owned(),
        headers: Vec::new(),
        content: Content::Empty,
    }
}

/// The limit that a request came upon.
async fn refused(run: &mut Sandbox, request: Request) -> String {
    match run.send(request, None).await.unwrap() {
        Err(http::Error::Limit(text)) => text,
        other => panic!("{other:?}"),
    }
}

async fn open(run: &mut Sandbox, name: &str) -> Result<Resource<Blob>, String> {
    let opened = spool::Host::open(run, name.to_owned()).await.unwrap();
    opened.map_err(full)
}

async fn append(run: &mut Sandbox, blob: &Resource<Blob>, bytes: usize) -> Result<(), String> {
    let blob = Resource::new_borrow(blob.rep());
    let appended = run.append(blob, vec![0; bytes]).await.unwrap();
    appended.map_err(full)
}

fn full(error: spool::Error) -> String {
    match error {
        spool::Error::Full(text) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_line_too_many_ends_the_run() {
    let mut run = run(with(Limits::default(), |limits| limits.log_lines = 2));
    for _ in 0..2 {
        run.log(Level::Info, "line".to_owned()).await.unwrap();
    }
    let third = run.log(Level::Debug, "line".to_owned()).await;
    assert_eq!(ended(third), LimitExceeded::LogLines(2));
}

#[tokio::test]
async fn a_handle_too_many_is_refused_and_a_dropped_one_makes_room() {
    let mut run = run(with(Limits::default(), |limits| limits.handles = 2));
    let account = secrets_open(&mut run).await.unwrap();
    open(&mut run, "a").await.unwrap();
    let text = "the component held more than 2 accounts, blobs and replies (the limit is `limits.handles`)";
    assert_eq!(open(&mut run, "b").await.unwrap_err(), text);
    assert_eq!(
        refused(&mut run, get("https://graph.microsoft.com/v1.0/")).await,
        text
    );
    assert_eq!(
        ended(secrets_open(&mut run).await),
        LimitExceeded::Handles(2)
    );
    secrets::HostSecret::drop(&mut run, account).await.unwrap();
    open(&mut run, "b").await.unwrap();
}

async fn secrets_open(run: &mut Sandbox) -> wasmtime::Result<Resource<SecretHandle>> {
    let opened = secrets::Host::open(run, "sharepoint".to_owned());
    Ok(opened.await?.unwrap())
}

#[tokio::test]
async fn a_denied_request_leaves_no_handle_behind() {
    let mut run = run(with(Limits::default(), |limits| limits.handles = 1));
    for _ in 0..2 {
        let denied = run.send(get("https://example.com/"), None).await.unwrap();
        assert!(matches!(denied, Err(http::Error::Denied(_))), "{denied:?}");
    }
    open(&mut run, "a").await.unwrap();
}

#[tokio::test]
async fn a_request_beyond_a_limit_is_refused_by_its_name() {
    let mut run = run(with(Limits::default(), |limits| {
        limits.requests = 4;
        limits.url_bytes = 60;
        limits.headers = 1;
        limits.header_bytes = 100;
        limits.sent_bytes = 80;
    }));
    let base = "https://graph.microsoft.com/v1.0/";
    let long = get(&format!("{base}{}", "a".repeat(60)));
    assert_eq!(
        refused(&mut run, long).await,
        "the URL is longer than 60 bytes (the limit is `limits.url_bytes`)"
    );
    let header = Header {
        name: "accept".to_owned(),
        value: "x".repeat(100),
    };
    let mut request = get(base);
    request.headers = vec![header.clone()];
    assert_eq!(
        refused(&mut run, request).await,
        "the headers have more than 100 bytes (the limit is `limits.header_bytes`)"
    );
    let mut request = get(base);
    request.headers = [(); 2]
        .map(|()| Header {
            value: String::new(),
            ..header.clone()
        })
        .to_vec();
    assert_eq!(
        refused(&mut run, request).await,
        "there are more than 1 headers (the limit is `limits.headers`)"
    );
    let mut request = get(base);
    request.method = Method::Put;
    request.content = Content::Bytes(vec![0; 50]);
    assert_eq!(
        refused(&mut run, request).await,
        "the run may not send more than 80 bytes (the limit is `limits.sent_bytes`)"
    );
    assert_eq!(
        refused(&mut run, get(base)).await,
        "the run has sent 4 requests (the limit is `limits.requests`)"
    );
}

#[tokio::test]
async fn the_runs_of_a_tenant_share_its_room_and_another_tenant_has_its_own() {
    let state = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let limits = with(Limits::default(), |limits| {
        limits.tenant = with(TenantLimits::default(), |limits| {
            limits.spool_bytes = 10;
            limits.handles = 3;
            limits.memory = 100;
        })
    });
    let [ours, theirs] = [0, 1].map(|index| tenant(limits.clone(), &state[index]));
    let (mut first, mut second, mut neighbour) = (run_of(&ours), run_of(&ours), run_of(&theirs));
    let kept = open(&mut first, "a").await.unwrap();
    append(&mut first, &kept, 8).await.unwrap();
    assert!(first.memory.memory_growing(0, 60, None).unwrap());
    open(&mut first, "b").await.unwrap();

    let blob = open(&mut second, "a").await.unwrap();
    assert_eq!(
        append(&mut second, &blob, 3).await.unwrap_err(),
        "the spools of the tenant's runs have no room beyond 10 bytes together (the limit is `limits.tenant.spool_bytes`)"
    );
    append(&mut second, &blob, 2).await.unwrap();
    assert_eq!(
        open(&mut second, "b").await.unwrap_err(),
        "the tenant's runs held more than 3 accounts, blobs and replies together (the limit is `limits.tenant.handles`)"
    );
    assert_eq!(
        ended(second.memory.memory_growing(0, 41, None)),
        LimitExceeded::TenantMemory(100)
    );

    let blob = open(&mut neighbour, "a").await.unwrap();
    append(&mut neighbour, &blob, 10).await.unwrap();
    assert!(neighbour.memory.memory_growing(0, 100, None).unwrap());

    drop(first);
    let blob = open(&mut second, "b").await.unwrap();
    append(&mut second, &blob, 8).await.unwrap();
    assert!(second.memory.memory_growing(0, 100, None).unwrap());
}
