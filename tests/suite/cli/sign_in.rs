//! Sign-ins that are refused: exit code 4, the service's words, and what to do.

use super::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn domo_refuses_a_wrong_secret() {
    let desk = Desk::start().await;
    desk.write("domo-secret", "not-the-secret");
    let said = desk
        .says("sign-in-domo", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 4);
    assert!(!said.whole().contains("not-the-secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn entra_refuses_the_secrets_id() {
    let desk = Desk::start().await;
    desk.sign_in_to_sharepoint_as("secret-id");
    let said = desk
        .says("sign-in-secret-id", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 4);
    assert!(said.stderr.contains("AADSTS7000215"));

    let said = desk
        .says("sign-in-check", &["check", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn entra_refuses_an_expired_secret() {
    let desk = Desk::start().await;
    desk.sign_in_to_sharepoint_as("expired-secret");
    let said = desk
        .says("sign-in-expired", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn entra_does_not_know_the_application_or_the_tenant() {
    let desk = Desk::start().await;
    let app = desk.cloud.description().entra_client.id.clone();
    desk.edit(
        "writeback.toml",
        &app,
        "00000000-0000-4000-8000-000000000000",
    );
    let said = desk
        .says("sign-in-unknown-app", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 4);
    desk.edit(
        "writeback.toml",
        "contoso.onmicrosoft.com",
        "fabrikam.onmicrosoft.com",
    );
    let said = desk
        .says("sign-in-unknown-tenant", &["run", "daily-sales.toml"])
        .await;
    assert_eq!(said.code, 4);
}
