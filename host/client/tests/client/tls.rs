//! Over TLS: the server's authority is trusted where `--ca-file` names it, and not otherwise.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_ones_own_is_trusted_when_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_file = file("ca.pem", ca.self_signed(&ca_key).unwrap().pem());
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let leaf = leaf
        .signed_by(&key, &Issuer::from_params(&ca, &ca_key))
        .unwrap();
    let tls = (
        file("leaf.pem", leaf.pem()),
        file("key.pem", key.serialize_pem()),
    );
    let world = World::start_with(Some(tls)).await;

    let said = world
        .root(&["--ca-file", ca_file.to_str().unwrap(), "whoami"])
        .await
        .good();
    assert!(said.out.contains("role   installation\n"), "{}", said.out);
    let said = world.root(&["whoami"]).await;
    assert!(
        said.code == 3
            && said.err.contains("cannot be reached")
            && said.err.contains("`--ca-file`"),
        "{said:?}"
    );
    assert!(!said.whole().contains(&world.root));
    world.stop().await;
}
