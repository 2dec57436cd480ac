//! People who sign in: device code, authorization code with PKCE, refresh tokens that rotate.

use serde_json::{Value, json};
use writeback_cloud::Cloud;
use writeback_oauth::entra::code::{Verifier, authorize_url, exchange, read_redirect};
use writeback_oauth::entra::device::{self, Poll, Started};
use writeback_oauth::entra::{
    Client, Credential, Delegated, RefreshToken, read_delegated, refresh,
};
use writeback_oauth::{Reply, TokenError, TokenRequest};
use zeroize::Zeroizing;

use crate::client::{self, cloud, get, post_form};

const PLACE: &str = "http://localhost:4321/";

fn app(cloud: &Cloud) -> Client {
    let d = cloud.description();
    Client {
        token_url: format!("{}/{}/oauth2/v2.0/token", d.login, d.tenant),
        id: d.entra_client.id.clone(),
        scope: "https://graph.microsoft.com/Sites.ReadWrite.All offline_access".to_owned(),
    }
}

fn endpoint(cloud: &Cloud, name: &str) -> String {
    let d = cloud.description();
    format!("{}/{}/oauth2/v2.0/{name}", d.login, d.tenant)
}

async fn send(request: TokenRequest) -> client::Reply {
    post_form(&request.url, &[], &request.form.unwrap()).await
}

fn reply(reply: &client::Reply) -> Reply<'_> {
    Reply {
        status: reply.status,
        retry_after: None,
        body: &reply.body,
    }
}

async fn control(cloud: &Cloud, method: &str, path: &str, body: Value) -> Value {
    let url = format!("{}/{path}", cloud.description().control);
    let headers = [("content-type", "application/json")];
    let answer = client::send(method, &url, &headers, body.to_string()).await;
    answer.unwrap().json()
}

async fn start(cloud: &Cloud, app: &Client) -> Started {
    let answer = send(device::start(&endpoint(cloud, "devicecode"), app)).await;
    device::read_start(&reply(&answer)).unwrap()
}

async fn poll(app: &Client, started: &Started) -> Result<Poll, TokenError> {
    let answer = send(device::poll(app, started, Credential::Public)).await;
    device::read_poll(&reply(&answer))
}

/// The AADSTS number of a refusal.
fn number<T: std::fmt::Debug>(answer: Result<T, TokenError>) -> String {
    match answer {
        Err(TokenError::Refused(refusal)) => refusal.message.split('`').nth(1).unwrap().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_device_code_waits_for_the_person() {
    let cloud = cloud().await;
    let app = app(&cloud);
    let started = start(&cloud, &app).await;
    assert!(started.message.contains(&started.user_code));
    assert!(matches!(poll(&app, &started).await, Ok(Poll::Pending)));
    let typed = json!({ "user_code": started.user_code });
    control(&cloud, "POST", "device/slow-down", typed.clone()).await;
    assert!(matches!(poll(&app, &started).await, Ok(Poll::SlowDown)));
    let wrong = json!({ "user_code": "nobody" });
    assert_eq!(
        control(&cloud, "POST", "device/approve", wrong).await["found"],
        false
    );
    assert!(matches!(poll(&app, &started).await, Ok(Poll::Pending)));
    control(&cloud, "POST", "device/approve", typed).await;
    let Ok(Poll::Done(delegated)) = poll(&app, &started).await else {
        panic!("not approved")
    };
    assert_eq!(delegated.token.identity.scopes, ["Sites.ReadWrite.All"]);
    assert!(delegated.token.identity.roles.is_empty() && delegated.refresh.is_some());
    // Graph takes what the person lent.
    let bearer = format!("Bearer {}", *delegated.token.value);
    let site = format!("{}/sites/root", cloud.description().graph);
    assert_eq!(get(&site, &[("authorization", &bearer)]).await.status, 200);
    assert!(
        matches!(poll(&app, &started).await, Ok(Poll::Expired(_))),
        "used twice"
    );
}

#[tokio::test]
async fn a_device_code_is_declined_expired_or_wrong() {
    let cloud = cloud().await;
    let app = app(&cloud);
    let declined = start(&cloud, &app).await;
    let typed = json!({ "user_code": declined.user_code });
    control(&cloud, "POST", "device/decline", typed).await;
    assert!(matches!(poll(&app, &declined).await, Ok(Poll::Declined(_))));
    let expired = start(&cloud, &app).await;
    let typed = json!({ "user_code": expired.user_code });
    control(&cloud, "POST", "device/expire", typed).await;
    assert!(matches!(poll(&app, &expired).await, Ok(Poll::Expired(_))));
    // Another app's code, and an app that is not public.
    let others = &cloud.description().other_entra_clients;
    let named = |name: &str| Client {
        id: others
            .iter()
            .find(|app| app.name == name)
            .unwrap()
            .id
            .clone(),
        ..app.clone()
    };
    assert_eq!(
        number(poll(&named("no-roles"), &expired).await),
        "AADSTS70018"
    );
    assert_eq!(
        number(poll(&named("read-only"), &expired).await),
        "AADSTS7000218"
    );
    for (scope, code) in [
        ("Nonsense.All", "AADSTS70011"),
        ("Mail.Send", "AADSTS65001"),
    ] {
        let wrong = Client {
            scope: scope.to_owned(),
            ..app.clone()
        };
        let answer = send(device::start(&endpoint(&cloud, "devicecode"), &wrong)).await;
        assert_eq!(number(device::read_start(&reply(&answer))), code);
    }
}

fn verifier() -> Verifier {
    Verifier::new(&Zeroizing::new([7; 32]))
}

/// Where the browser is sent.
async fn redirect(cloud: &Cloud, app: &Client) -> String {
    let url = authorize_url(&endpoint(cloud, "authorize"), app, PLACE, "st", &verifier());
    let answer = get(&url, &[]).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    let place = answer.header("location").to_owned();
    place
        .strip_prefix(PLACE)
        .unwrap()
        .trim_start_matches('?')
        .to_owned()
}

async fn redeem(
    app: &Client,
    query: &str,
    place: &str,
    verifier: &Verifier,
) -> Result<Delegated, TokenError> {
    let code = read_redirect(query, "st")?;
    let answer = send(exchange(app, &code, place, verifier, Credential::Public)).await;
    read_delegated(&reply(&answer))
}

#[tokio::test]
async fn a_code_is_good_for_one_token_and_its_verifier() {
    let cloud = cloud().await;
    let app = app(&cloud);
    let query = redirect(&cloud, &app).await;
    let wrong = Verifier::new(&Zeroizing::new([8; 32]));
    assert_eq!(
        number(redeem(&app, &query, PLACE, &wrong).await),
        "AADSTS501481"
    );
    let elsewhere = "http://localhost:1/";
    assert_eq!(
        number(redeem(&app, &query, elsewhere, &verifier()).await),
        "AADSTS50011"
    );
    let delegated = redeem(&app, &query, PLACE, &verifier()).await.unwrap();
    assert_eq!(delegated.token.identity.scopes, ["Sites.ReadWrite.All"]);
    assert_eq!(
        number(redeem(&app, &query, PLACE, &verifier()).await),
        "AADSTS54005"
    );
    let unknown = redeem(&app, "code=x&state=st", PLACE, &verifier()).await;
    assert_eq!(number(unknown), "AADSTS70000");
    assert!(read_redirect(&query, "other").is_err());
}

#[tokio::test]
async fn a_person_may_decline() {
    let cloud = cloud().await;
    let app = app(&cloud);
    control(&cloud, "POST", "sign-in", json!({ "declines": true })).await;
    let query = redirect(&cloud, &app).await;
    assert_eq!(
        number(redeem(&app, &query, PLACE, &verifier()).await),
        "AADSTS65004"
    );
}

#[tokio::test]
async fn nothing_is_redirected_to_a_foreign_place_or_without_a_challenge() {
    let cloud = cloud().await;
    let app = app(&cloud);
    let page = endpoint(&cloud, "authorize");
    for place in [
        "https://evil.example/",
        "http://localhost.evil.example/",
        "http://localhost:1@evil.example/",
        "http://localhost/other",
    ] {
        let url = authorize_url(&page, &app, place, "st", &verifier());
        let answer = get(&url, &[]).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (400, ""),
            "{place}"
        );
        assert!(answer.text().contains("AADSTS50011"));
    }
    let url = authorize_url(&page, &app, PLACE, "st", &verifier());
    for wrong in [
        url.replace("code_challenge=", "challenge="),
        url.replace("=S256", "=plain"),
    ] {
        let answer = get(&wrong, &[]).await;
        assert!(
            answer
                .header("location")
                .contains("error=invalid%5Frequest")
        );
    }
}

async fn renew(app: &Client, held: &RefreshToken) -> Result<refresh::Refreshed, TokenError> {
    let answer = send(refresh::request(app, held, Credential::Public)).await;
    refresh::read(&reply(&answer), held)
}

#[tokio::test]
async fn a_refresh_token_rotates_and_the_old_one_is_refused() {
    let cloud = cloud().await;
    let app = app(&cloud);
    let query = redirect(&cloud, &app).await;
    let signed_in = redeem(&app, &query, PLACE, &verifier()).await.unwrap();
    let first = signed_in.refresh.unwrap();
    let second = renew(&app, &first).await.unwrap();
    assert!(second.rotated);
    assert_eq!(number(renew(&app, &first).await), "AADSTS70000");
    control(&cloud, "POST", "refresh", json!({ "lenient": true })).await;
    assert!(renew(&app, &first).await.is_ok());
    assert!(renew(&app, &second.refresh).await.is_ok());
    let other = Client {
        id: cloud.description().other_entra_clients[0].id.clone(),
        ..app.clone()
    };
    assert_eq!(number(renew(&other, &second.refresh).await), "AADSTS70000");
    control(&cloud, "DELETE", "refresh", json!({})).await;
    assert_eq!(number(renew(&app, &second.refresh).await), "AADSTS700082");
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let cloud = cloud().await;
    let mut app = app(&cloud);
    app.scope = "Sites.ReadWrite.All".to_owned();
    let query = redirect(&cloud, &app).await;
    let signed_in = redeem(&app, &query, PLACE, &verifier()).await.unwrap();
    assert!(signed_in.refresh.is_none());
}
