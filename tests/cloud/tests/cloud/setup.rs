//! Starting and stopping: the ready files, addresses, TLS.

use std::net::TcpListener;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use writeback_cloud::{Cloud, Options};

use crate::client::{cloud, get, send};

#[tokio::test]
async fn the_ready_files_fit_the_description() {
    let cloud = cloud().await;
    let d = cloud.description();
    let config: toml::Table = std::fs::read_to_string(&d.config).unwrap().parse().unwrap();
    let domo = &config["accounts"]["domo"];
    assert_eq!(domo["client_id"].as_str(), Some(d.domo_client.id.as_str()));
    assert_eq!(domo["endpoints"]["api"].as_str(), Some(d.domo.as_str()));
    let secret = |account: &str| {
        d.config.with_file_name(
            config["accounts"][account]["client_secret"]["file"]
                .as_str()
                .unwrap(),
        )
    };
    assert_eq!(
        std::fs::read_to_string(secret("domo")).unwrap(),
        d.domo_client.secret
    );
    assert_eq!(
        std::fs::read_to_string(secret("sharepoint")).unwrap(),
        d.entra_client.secret
    );
    let sharepoint = &config["accounts"]["sharepoint"];
    assert_eq!(
        sharepoint["endpoints"]["graph"].as_str(),
        Some(d.graph.as_str())
    );
    assert_eq!(sharepoint["hosts"][1].as_str(), Some(d.upload.as_str()));
    assert_eq!(
        config["egress"]["allow_addresses"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let job: toml::Table = std::fs::read_to_string(&d.job).unwrap().parse().unwrap();
    assert_eq!(
        job["domo"]["dataset"].as_str(),
        Some(d.datasets[0].id.as_str())
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(secret("domo"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn the_description_is_one_json_line() {
    let cloud = cloud().await;
    let line = serde_json::to_string(cloud.description()).unwrap();
    assert!(!line.contains('\n'));
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    for field in [
        "domo", "login", "graph", "upload", "control", "tenant", "config", "job",
    ] {
        assert!(value[field].is_string(), "{field}");
    }
    assert!(value["domo_client"]["secret"].is_string() && value["datasets"][0]["bytes"].is_u64());
}

#[tokio::test]
async fn seed_and_sizes_are_honoured() {
    let of = async |seed, datasets| {
        let cloud = Cloud::start(Options {
            seed,
            datasets,
            rows: 3,
            columns: 2,
            ..Options::default()
        })
        .await
        .unwrap();
        cloud
            .description()
            .datasets
            .iter()
            .map(|dataset| dataset.id.clone())
            .collect::<Vec<_>>()
    };
    let (one, again, other) = (of(1, 2).await, of(1, 2).await, of(2, 2).await);
    assert_eq!(one, again);
    assert!(one.iter().all(|id| !other.contains(id)));
    assert_eq!(of(1, 5).await.len(), one.len() + 3);
    assert_eq!(of(1, 0).await, one[2..]);
}

#[tokio::test]
async fn latency_holds_the_connection_and_the_request() {
    let latency = std::time::Duration::from_millis(40);
    let cloud = Cloud::start(Options {
        latency,
        ..Options::default()
    })
    .await
    .unwrap();
    let took = async |path: &str| {
        let begun = std::time::Instant::now();
        send(
            "GET",
            &format!("{}{path}", cloud.description().domo),
            &[],
            "",
        )
        .await
        .unwrap();
        begun.elapsed()
    };
    assert!(took("/v1/datasets").await >= 2 * latency);
    assert!(took("/_sim/files").await >= latency);
}

#[tokio::test]
async fn four_ports_in_a_row_and_a_taken_one_is_told() {
    // Whoever else takes ports may take one of ours in between: another try finds others.
    let cloud = loop {
        let free = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        if let Ok(cloud) = Cloud::start(Options {
            listen: Some(free),
            ..Options::default()
        })
        .await
        {
            break cloud;
        }
    };
    let port = |url: &str| url.rsplit(':').next().unwrap().parse::<u16>().unwrap();
    let d = cloud.description();
    let first = port(&d.domo);
    assert_eq!(port(&d.login), first + 1);
    assert_eq!(port(d.graph.trim_end_matches("/v1.0")), first + 2);
    assert_eq!(port(&d.upload), first + 3);
    let again = Options {
        listen: Some(([127, 0, 0, 1], first).into()),
        ..Options::default()
    };
    let error = Cloud::start(again).await.unwrap_err();
    assert!(
        format!("{error:#}").contains(&format!("cannot listen on `127.0.0.1:{first}`")),
        "{error:#}"
    );
}

#[tokio::test]
async fn stopping_closes_everything() {
    let cloud = cloud().await;
    let (url, config) = (
        format!("{}/_sim/files", cloud.description().domo),
        cloud.description().config.clone(),
    );
    assert_eq!(get(&url, &[]).await.status, 200);
    cloud.stop().await;
    assert!(send("GET", &url, &[], "").await.is_err());
    assert!(!config.exists(), "the temporary folder is gone");
}

#[tokio::test]
async fn tls_is_trusted_through_its_own_ca_alone() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        tls: Some(dir.path().join("tls")),
        ..Options::default()
    };
    let cloud = Cloud::start(options).await.unwrap();
    let d = cloud.description();
    assert!(d.domo.starts_with("https://127.0.0.1:"));
    let config = std::fs::read_to_string(&d.config).unwrap();
    assert!(config.contains("ca_file = "), "{config}");
    let reply = over_tls(&d.domo, Some(&dir.path().join("tls/ca.pem")))
        .await
        .unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(over_tls(&d.domo, None).await.is_err());
}

async fn over_tls(origin: &str, ca: Option<&std::path::Path>) -> std::io::Result<String> {
    use rustls_pki_types::pem::PemObject as _;
    let mut roots = rustls::RootCertStore::empty();
    if let Some(ca) = ca {
        roots
            .add(rustls_pki_types::CertificateDer::from_pem_file(ca).unwrap())
            .unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let address = origin.trim_start_matches("https://");
    let stream = tokio::net::TcpStream::connect(address).await?;
    let name = rustls_pki_types::ServerName::try_from("127.0.0.1").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await?;
    stream
        .write_all(b"GET /_sim/files HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await?;
    Ok(reply)
}
