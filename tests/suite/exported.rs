//! What Domo exports, asked for without the connector: what a file on the cloud's disk is judged by.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use writeback_cloud::Description;

use crate::plain;
use crate::world::World;

/// The plain DataSet's export with its header.
pub async fn exported(world: &World) -> Vec<u8> {
    let (cloud, dataset) = (world.cloud.description().clone(), world.dataset("plain"));
    // The cloud serves on the threads that a test has: they must not wait for it.
    let fetching = tokio::task::spawn_blocking(move || {
        let bytes = fetch(&cloud, &dataset.id);
        assert_eq!(bytes.len() as u64, dataset.bytes);
        bytes
    });
    fetching.await.expect("the export")
}

fn fetch(cloud: &Description, dataset: &str) -> Vec<u8> {
    let client = &cloud.domo_client;
    let basic = STANDARD.encode(format!("{}:{}", client.id, client.secret));
    let url = format!("{}/oauth/token?grant_type=client_credentials", cloud.domo);
    let reply = plain::fetch(&url, &[("authorization", &format!("Basic {basic}"))]);
    let token: Value = serde_json::from_slice(&reply).expect("JSON");
    let bearer = format!(
        "Bearer {}",
        token["access_token"].as_str().expect("a token")
    );
    let url = format!(
        "{}/v1/datasets/{dataset}/data?includeHeader=true",
        cloud.domo
    );
    plain::fetch(&url, &[("authorization", &bearer), ("accept", "text/csv")])
}

/// In hex.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
