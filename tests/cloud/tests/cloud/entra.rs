//! Entra's token endpoint and discovery document.

use serde_json::Value;

use crate::client::{basic, cloud, get, post_form};

const GOOD: &str =
    "grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default";

fn payload(token: &Value) -> Value {
    use base64::Engine as _;
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(part)
            .unwrap(),
    )
    .unwrap()
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn the_secret_is_taken_from_form_and_basic() {
    let cloud = cloud().await;
    let description = cloud.description();
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        description.login, description.tenant
    );
    for app in &description.other_entra_clients {
        if !["sites-selected", "read-only", "no-roles"].contains(&app.name.as_str()) {
            continue;
        }
        let form = format!(
            "{GOOD}&client_id={}&client_secret={}",
            app.id,
            encoded(&app.secret)
        );
        let by_form = post_form(&url, &[], &form).await;
        let auth = basic(&app.id, &encoded(&app.secret));
        let own = format!(
            "grant_type=client_credentials&scope={}%2F.default",
            encoded(description.graph.trim_end_matches("/v1.0"))
        );
        let by_basic = post_form(&url, &[("authorization", &auth)], &own).await;
        let rclone = post_form(
            &url,
            &[("authorization", &auth)],
            "grant_type=client_credentials&scope=.default",
        )
        .await;
        for reply in [by_form, by_basic, rclone] {
            assert_eq!(reply.status, 200, "{}", reply.text());
            let body = reply.json();
            assert_eq!(
                (&body["token_type"], &body["expires_in"]),
                (&"Bearer".into(), &3599.into())
            );
            assert!(body.get("refresh_token").is_none());
            let claims = payload(&body["access_token"]);
            assert_eq!(claims["appid"], app.id.as_str());
            assert_eq!(
                claims.get("roles").is_none(),
                app.name == "no-roles",
                "{claims}"
            );
        }
    }
}

#[tokio::test]
async fn each_mistake_has_its_number() {
    let cloud = cloud().await;
    let description = cloud.description();
    let client = &description.entra_client;
    let named = |name: &str| {
        description
            .other_entra_clients
            .iter()
            .find(|app| app.name == name)
            .unwrap()
    };
    let form =
        |id: &str, secret: &str| format!("{GOOD}&client_id={id}&client_secret={}", encoded(secret));
    let good = form(&client.id, &client.secret);
    let (expired, mixed_up) = (named("expired-secret"), named("secret-id"));
    let tenant = description.tenant.as_str();
    for (tenant, form, status, error, number) in [
        (
            tenant,
            form(&client.id, "wrong"),
            401,
            "invalid_client",
            7_000_215,
        ),
        (
            tenant,
            form(&mixed_up.id, &mixed_up.secret),
            401,
            "invalid_client",
            7_000_215,
        ),
        (
            tenant,
            form(&expired.id, &expired.secret),
            401,
            "invalid_client",
            7_000_222,
        ),
        (
            tenant,
            form("11111111-2222-4333-8444-555555555555", "x"),
            400,
            "unauthorized_client",
            700_016,
        ),
        (
            "fabrikam.onmicrosoft.com",
            good.clone(),
            400,
            "invalid_request",
            90_002,
        ),
        ("common", good.clone(), 400, "invalid_request", 9_001_023),
        (
            tenant,
            good.replace(
                "https%3A%2F%2Fgraph.microsoft.com%2F.default",
                "Sites.Read.All",
            ),
            400,
            "invalid_scope",
            70_011,
        ),
        (
            tenant,
            good.replace("graph.microsoft", "graph.example"),
            400,
            "invalid_resource",
            500_011,
        ),
        (
            tenant,
            good.replace("grant_type=client_credentials&", ""),
            400,
            "invalid_request",
            900_144,
        ),
        (
            tenant,
            good.replace("client_credentials", "password"),
            400,
            "unsupported_grant_type",
            70_003,
        ),
        (tenant, GOOD.to_owned(), 400, "invalid_request", 900_144),
        (
            tenant,
            good.replace("scope=", "skope="),
            400,
            "invalid_request",
            900_144,
        ),
        (
            tenant,
            format!("{GOOD}&client_id={}", client.id),
            401,
            "invalid_client",
            7_000_218,
        ),
    ] {
        let url = format!("{}/{tenant}/oauth2/v2.0/token", description.login);
        let correlation = "0a1b2c3d-0000-4000-8000-000000000000";
        let reply = post_form(&url, &[("client-request-id", correlation)], &form).await;
        let body = reply.json();
        assert_eq!(
            (reply.status, &body["error"]),
            (status, &error.into()),
            "{number}"
        );
        assert_eq!(body["error_codes"][0], number);
        let text = body["error_description"].as_str().unwrap();
        assert!(text.starts_with(&format!("AADSTS{number}: ")), "{text}");
        let trace = body["trace_id"].as_str().unwrap();
        assert!(text.contains(trace) && reply.header("x-ms-request-id") == trace);
        assert_eq!(body["correlation_id"], correlation);
        assert!(!text.contains(&client.secret));
    }
}

#[tokio::test]
async fn a_json_body_is_not_a_form() {
    let cloud = cloud().await;
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        cloud.description().login,
        cloud.description().tenant
    );
    let headers = [("content-type", "application/json")];
    let reply = crate::client::send("POST", &url, &headers, "{}")
        .await
        .unwrap();
    assert_eq!(
        (reply.status, &reply.json()["error_codes"][0]),
        (400, &900_144.into())
    );
}

#[tokio::test]
async fn discovery_names_the_token_endpoint() {
    let cloud = cloud().await;
    let (login, tenant) = (&cloud.description().login, &cloud.description().tenant);
    let found = get(
        &format!("{login}/{tenant}/v2.0/.well-known/openid-configuration"),
        &[],
    )
    .await
    .json();
    assert_eq!(
        found["token_endpoint"],
        format!("{login}/{tenant}/oauth2/v2.0/token")
    );
    let unknown = get(
        &format!("{login}/nowhere/v2.0/.well-known/openid-configuration"),
        &[],
    )
    .await;
    assert_eq!(
        (unknown.status, &unknown.json()["error_codes"][0]),
        (400, &90_002.into())
    );
}
