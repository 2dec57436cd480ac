//! Rows go once, to the account's own service, and what is told of a refusal holds no secret.

use std::path::Path;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::config::{AccountConfig, Config, DomoAccount, EntraAccount, SecretSource};
use crate::edited::with;

const ID: &str = "08a061e2-12a2-4646-b4bc-20beddb403e3";
const ROW: &str = "now,run_1\n";

/// A tenant whose Domo is at this URL.
fn tenant(api: &str, secret: &Path) -> Tenant {
    let config = with(Config::default(), |config| {
        let secret = SecretSource::File(secret.to_owned());
        let mut domo = DomoAccount::new("id", secret.clone());
        domo.endpoints.api = Some(api.to_owned());
        let mut entra = EntraAccount::new("contoso.onmicrosoft.com", "app");
        entra.client_secret = Some(secret);
        config.accounts = [
            ("domo".to_owned(), AccountConfig::Domo(domo)),
            ("sharepoint".to_owned(), AccountConfig::Entra(entra)),
        ]
        .into();
        let address = api.strip_prefix("http://").and_then(|at| at.parse().ok());
        config.egress.allow_addresses = address.into_iter().collect();
    });
    Tenant::new(config.into_tenant()).unwrap()
}

fn secret(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("secret");
    std::fs::write(&file, "s3cret\n").unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    file
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
}

fn token(text: &str) -> String {
    let body = format!(r#"{{"access_token":"{text}","expires_in":3600,"userId":7}}"#);
    answer(200, "", &body)
}

/// Appends a row at a service that answers like this, a connection each, and returns what it was asked.
async fn appended(answers: &[String]) -> (Result<(), String>, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let api = format!("http://{}", listener.local_addr().unwrap());
    let tenant = tenant(&api, &secret(folder.path()));
    let requests = Mutex::new(Vec::new());
    let serving = async {
        let mut answers = answers.iter();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = String::new();
            while !read.ends_with("\r\n\r\n") {
                read.push(stream.read_u8().await.unwrap().into());
            }
            if read.starts_with("PUT") {
                let mut body = vec![0; ROW.len()];
                stream.read_exact(&mut body).await.unwrap();
                read.push_str(std::str::from_utf8(&body).unwrap());
            }
            requests.lock().unwrap().push(read);
            let answer = answers.next().expect("a request too many");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    };
    let ended = tokio::select! {
        ended = tenant.append_rows("domo", ID, ROW) => ended,
        () = serving => unreachable!(),
    };
    let ended = ended.map_err(|error| match error {
        Error::Rows(text) => text,
        other => panic!("{other:?}"),
    });
    (ended, requests.into_inner().unwrap())
}

#[tokio::test]
async fn a_row_is_put_once_as_the_account() {
    let (ended, requests) = appended(&[token("t0ken"), answer(204, "", "")]).await;
    assert_eq!(ended, Ok(()));
    assert_eq!(requests.len(), 2);
    let put = &requests[1];
    let line = format!("PUT /v1/datasets/{ID}/data?updateMethod=APPEND HTTP/1.1\r\n");
    assert!(put.starts_with(&line), "{put}");
    for part in [
        "content-type: text/csv\r\n",
        "content-length: 10\r\n",
        "authorization: Bearer t0ken\r\n",
    ] {
        assert!(put.contains(part), "{put}");
    }
    assert!(put.ends_with("\r\n\r\nnow,run_1\n"), "{put}");
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let refusal = answer(401, "", r#"{"message":"Jwt expired"}"#);
    let (ended, requests) = appended(&[
        token("old"),
        refusal.clone(),
        token("new"),
        answer(204, "", ""),
    ])
    .await;
    assert_eq!(ended, Ok(()));
    assert!(requests[1].contains("Bearer old") && requests[3].contains("Bearer new"));
    let (ended, requests) = appended(&[token("old"), refusal.clone(), token("new"), refusal]).await;
    let text = ended.unwrap_err();
    let expected =
        format!("rows for `{ID}` were refused to account `domo`: HTTP 401 `Jwt expired`\nhint: ");
    assert!(text.starts_with(&expected), "{text}");
    assert_eq!(requests.len(), 4);
}

#[tokio::test]
async fn a_refusal_is_told_without_the_token_on_one_line() {
    let body = r#"{"status":400,"message":"no\n t0ken.","toe":"T1"}"#;
    let (ended, _) = appended(&[token("t0ken"), answer(400, "", body)]).await;
    let text = ended.unwrap_err();
    assert!(
        text.contains("HTTP 400 `no  …` (toe `T1`)\nhint: rows go into a DataSet"),
        "{text}"
    );
    let html = answer(503, "", "<html>Maintenance</html>");
    let (ended, requests) = appended(&[token("t0ken"), html]).await;
    assert!(ended.unwrap_err().ends_with("HTTP 503"));
    assert_eq!(requests.len(), 2, "whether to try again is the program's");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = "location: http://127.0.0.1:1/v1/datasets\r\n";
    for status in [302, 307, 308] {
        let (ended, requests) = appended(&[token("t0ken"), answer(status, elsewhere, "")]).await;
        assert!(ended.unwrap_err().ends_with(&format!("HTTP {status}")));
        assert_eq!(requests.len(), 2);
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_before_any_request() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody is allowed to reach this, so that a request would be told of.
    let tenant = tenant("https://127.0.0.1:1", &secret(folder.path()));
    for (account, table, expected) in [
        ("dom", ID, "did you mean `domo`?"),
        ("sharepoint", ID, "is for no service that takes rows"),
        ("domo", "../users", "`../users` is no DataSet's id\nhint: "),
        ("domo", ID, "is at the loopback address"),
    ] {
        let refused = tenant.append_rows(account, table, ROW).await;
        let text = refused.unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
    }
}
