//! Domo's token endpoint.

use serde_json::Value;

use crate::client::{basic, cloud, domo_token, get, post_form};

fn payload(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(part)
            .unwrap(),
    )
    .unwrap()
}

#[tokio::test]
async fn get_and_post_give_the_documented_reply() {
    let cloud = cloud().await;
    let client = &cloud.description().domo_client;
    let auth = basic(&client.id, &client.secret);
    let url = format!("{}/oauth/token", cloud.description().domo);
    let by_get = get(
        &format!("{url}?grant_type=client_credentials&scope=data%20user"),
        &[("authorization", &auth)],
    )
    .await;
    let by_post = post_form(
        &url,
        &[("authorization", &auth)],
        "grant_type=client_credentials&scope=data",
    )
    .await;
    for (reply, scope) in [(by_get, "data user"), (by_post, "data")] {
        assert_eq!(reply.status, 200, "{}", reply.text());
        let body = reply.json();
        assert_eq!(
            (&body["scope"], &body["token_type"]),
            (&scope.into(), &"bearer".into())
        );
        assert_eq!(
            (&body["userId"], &body["role"]),
            (&964_382_593.into(), &"Privileged".into())
        );
        assert_eq!(
            (&body["expires_in"], &body["customer"]),
            (&3599.into(), &"acmecompany".into())
        );
        let claims = payload(body["access_token"].as_str().unwrap());
        assert!(
            claims["exp"].is_i64() && claims["userId"] == body["userId"],
            "{claims}"
        );
    }
}

#[tokio::test]
async fn a_wrong_client_is_refused() {
    let cloud = cloud().await;
    let client = &cloud.description().domo_client;
    let url = format!("{}/oauth/token", cloud.description().domo);
    let good = basic(&client.id, &client.secret);
    for (auth, form, status, wanted) in [
        (
            basic(&client.id, "wrong"),
            "grant_type=client_credentials",
            401,
            "Bad credentials",
        ),
        (
            basic("nobody", &client.secret),
            "grant_type=client_credentials",
            401,
            "Bad credentials",
        ),
        (
            "Bearer x".to_owned(),
            "grant_type=client_credentials",
            401,
            "Bad credentials",
        ),
        (good.clone(), "", 400, "Missing grant type"),
        (
            good.clone(),
            "grant_type=password",
            400,
            "unsupported_grant_type",
        ),
        (
            good.clone(),
            "grant_type=client_credentials&scope=data%20account",
            400,
            "Invalid scope: account",
        ),
    ] {
        let reply = post_form(&url, &[("authorization", &auth)], form).await;
        assert_eq!(reply.status, status, "{form}");
        assert!(reply.text().contains(wanted), "{form}: {}", reply.text());
    }
}

#[tokio::test]
async fn tokens_are_judged_as_documented() {
    let cloud = cloud().await;
    let url = format!("{}/v1/datasets", cloud.description().domo);
    let missing = get(&url, &[]).await;
    assert_eq!(missing.status, 403);
    let fields: Vec<String> = missing
        .json()
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(fields, ["status", "toe"]);
    assert_eq!(
        get(&url, &[("authorization", "Bearer made.up.token")])
            .await
            .status,
        403
    );

    let token = domo_token(&cloud, "owner").await;
    assert_eq!(get(&url, &[("authorization", &token)]).await.status, 200);
    cloud.state().tokens.expire_all();
    let expired = get(&url, &[("authorization", &token)]).await;
    assert_eq!(expired.status, 401);
    assert!(
        expired
            .header("www-authenticate")
            .contains("error=\"invalid_token\"")
    );
    assert!(
        expired
            .header("www-authenticate")
            .contains("Jwt expired at")
    );
}

#[tokio::test]
async fn users_need_the_scope_user() {
    let cloud = cloud().await;
    let url = format!("{}/v1/users", cloud.description().domo);
    let (owner, limited) = (
        domo_token(&cloud, "owner").await,
        domo_token(&cloud, "data-only").await,
    );
    let all = get(&url, &[("authorization", &owner)]).await.json();
    assert_eq!(all.as_array().unwrap().len(), 4);
    let second = get(
        &format!("{url}?limit=1&offset=1"),
        &[("authorization", &owner)],
    )
    .await
    .json();
    assert_eq!(second[0], all[1]);
    let one = get(&format!("{url}/964382593"), &[("authorization", &owner)])
        .await
        .json();
    assert_eq!(
        (&one["name"], &one["deleted"]),
        (&"Ada Owner".into(), &false.into())
    );
    assert_eq!(
        get(&format!("{url}/1"), &[("authorization", &owner)])
            .await
            .status,
        404
    );
    assert_eq!(
        get(&format!("{url}?limit=501"), &[("authorization", &owner)])
            .await
            .status,
        400
    );
    let refused = get(&url, &[("authorization", &limited)]).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("Insufficient scope"));
}
