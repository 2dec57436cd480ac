//! Certificates as files have them: one certificate and its key, in each of the forms, and in some that do not work.

use std::path::{Path, PathBuf};

use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

use super::*;

const KEYS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/cloud/src/entra/keys"
);
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/credentials/testdata");

/// A file with these contents that only its owner can read, as a source.
fn private(folder: &Path, name: &str, contents: &[u8]) -> SecretSource {
    let path = folder.join(name);
    std::fs::write(&path, contents).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    SecretSource::File(path)
}

fn key(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(KEYS).join(name)).unwrap()
}

fn both(certificate: &str, private: &str) -> Vec<u8> {
    [key(certificate), key(private)].concat()
}

/// Reads a certificate from files with these contents.
async fn read(
    certificate: &[u8],
    private_key: Option<&[u8]>,
    password: Option<&str>,
) -> Result<Certificate, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, contents: &[u8]| private(folder.path(), name, contents);
    let source = CertificateSource {
        certificate: file("certificate", certificate),
        private_key: private_key.map(|key| file("key", key)),
        password: password.map(|password| file("password", password.as_bytes())),
    };
    source
        .read(&SecretSources::default())
        .await
        .map_err(|error| {
            let (SignInError::Refused(why) | SignInError::Unavailable(why)) = error;
            why
        })
}

fn assert_signs(certificate: &Certificate) {
    let der = CertificateDer::from_pem_slice(&key("writer.pem")).unwrap();
    assert_eq!(certificate.der, *der);
    let signature = certificate.sign(b"text").unwrap();
    let (_, parsed) = parse_x509_certificate(&der).unwrap();
    let public = &parsed.public_key().subject_public_key.data;
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public)
        .verify(b"text", &signature)
        .unwrap();
}

#[tokio::test]
async fn a_pem_has_its_key_with_it_or_apart() {
    let (certificate, private) = (key("writer.pem"), key("writer.key.pem"));
    assert_signs(
        &read(&both("writer.pem", "writer.key.pem"), None, None)
            .await
            .unwrap(),
    );
    assert_signs(
        &read(&both("writer.key.pem", "writer.pem"), None, None)
            .await
            .unwrap(),
    );
    assert_signs(&read(&certificate, Some(&private), None).await.unwrap());
}

#[tokio::test]
async fn a_pfx_opens_with_its_password() {
    for (name, password) in [
        ("modern.pfx", Some("p4ss")),
        ("legacy.pfx", Some("p4ss")),
        ("empty.pfx", None),
        ("plain.pfx", None),
    ] {
        let pfx = std::fs::read(PathBuf::from(DATA).join(name)).unwrap();
        match read(&pfx, None, password).await {
            Ok(certificate) => assert_signs(&certificate),
            Err(why) => panic!("{name}: {why}"),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_told_with_what_helps() {
    let pfx = std::fs::read(PathBuf::from(DATA).join("modern.pfx")).unwrap();
    let (certificate, other) = (key("writer.pem"), key("issuer.key.pem"));
    let encrypted = [
        certificate.as_slice(),
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
    ]
    .concat();
    for (contents, private_key, password, told) in [
        (
            &pfx,
            None,
            Some("other"),
            "hint: check `certificate_password`",
        ),
        (&pfx, None, None, "hint: check `certificate_password`"),
        (&b"x".to_vec(), None, None, "it is neither PEM nor a PFX"),
        (
            &certificate,
            None,
            None,
            "the PEM holds no private key\nhint: name the key's file under `private_key`",
        ),
        (
            &key("writer.key.pem"),
            None,
            None,
            "the PEM holds no certificate",
        ),
        (
            &certificate,
            Some(other.as_slice()),
            None,
            "its key is that of another certificate",
        ),
        (
            &encrypted,
            None,
            None,
            "its private key is encrypted\nhint: use a PFX",
        ),
    ] {
        let why = read(contents, private_key, password).await.err().unwrap();
        assert!(why.starts_with("the certificate cannot be used: "), "{why}");
        assert!(why.contains(told), "{told}: {why}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_what_holds_the_key_must_be_private() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let open_to_all = |name: &str, contents: &[u8]| {
        let source = private(folder.path(), name, contents);
        std::fs::set_permissions(folder.path().join(name), Permissions::from_mode(0o644)).unwrap();
        source
    };
    let mut source = CertificateSource {
        certificate: open_to_all("certificate", &key("writer.pem")),
        private_key: Some(private(folder.path(), "key", &key("writer.key.pem"))),
        password: None,
    };
    assert!(source.read(&SecretSources::default()).await.is_ok());
    source.private_key = Some(open_to_all("open", &key("writer.key.pem")));
    assert!(source.read(&SecretSources::default()).await.is_err());
    source.private_key = None;
    source.certificate = open_to_all("both", &both("writer.pem", "writer.key.pem"));
    assert!(source.read(&SecretSources::default()).await.is_err());
}

#[tokio::test]
async fn its_end_is_warned_of_thirty_days_before() {
    let certificate = read(&both("writer.pem", "writer.key.pem"), None, None)
        .await
        .unwrap();
    let end =
        SystemTime::UNIX_EPOCH + Duration::from_secs(certificate.not_after.try_into().unwrap());
    let before = |days: u64| certificate.warning(end - Duration::from_secs(days * 24 * 60 * 60));
    assert_eq!(before(31), None);
    assert!(
        before(29)
            .unwrap()
            .starts_with("its certificate expires in 29 days (")
    );
    let after = certificate.warning(end + Duration::from_secs(1)).unwrap();
    assert!(
        after.starts_with("its certificate has expired ("),
        "{after}"
    );
}
