//! A tiny client that says exactly what it is told: bytes to a socket, so that it can be as wrong as a test wants.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use writeback_cloud::{Cloud, Options};

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    /// Status, `error.code` and the inner code.
    pub fn error(&self) -> (u16, String, String) {
        let body = self.json();
        let text = |at: &str| {
            body.pointer(at)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        (
            self.status,
            text("/error/code"),
            text("/error/innerError/code"),
        )
    }
}

/// `(409, "nameAlreadyExists", "")` as [`Reply::error`] gives it.
pub fn refusal(status: u16, code: &str, inner: &str) -> (u16, String, String) {
    (status, code.to_owned(), inner.to_owned())
}

/// Opens a connection, writes the head with these lines and the bytes, and reads the reply.
pub async fn send(method: &str, url: &str, lines: &[&str], body: &[u8]) -> Reply {
    let mut stream = open(method, url, lines).await;
    stream.write_all(body).await.unwrap();
    read(stream).await
}

/// Writes the head alone; the caller goes on.
pub async fn open(method: &str, url: &str, lines: &[&str]) -> TcpStream {
    let rest = url.strip_prefix("http://").expect("an http URL");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut head = format!("{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for line in lines {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Reads one reply, whose length is announced unless the connection ends it. A `100 Continue` is skipped.
pub async fn read(mut stream: TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let (status, headers) = loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let Some(end) = end else {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "a reply");
            continue;
        };
        let body = bytes.split_off(end + 4);
        let head = parse(&String::from_utf8_lossy(&bytes));
        bytes = body;
        if head.0 != 100 {
            break head;
        }
    };
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(usize::MAX, |(_, value)| value.parse().unwrap());
    while bytes.len() < length && stream.read_buf(&mut bytes).await.unwrap() > 0 {}
    Reply {
        status,
        headers,
        body: bytes,
    }
}

fn parse(head: &str) -> (u16, Vec<(String, String)>) {
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    (status.parse().unwrap(), headers.collect())
}

/// One app signed in at one cloud.
pub struct Client {
    pub cloud: Cloud,
    token: String,
}

impl Client {
    /// The app of the ready configuration: `Sites.ReadWrite.All`.
    pub async fn new() -> Self {
        let cloud = Cloud::start(Options::default()).await.unwrap();
        Self {
            token: sign_in(&cloud, "").await,
            cloud,
        }
    }

    /// Goes on as another app.
    pub async fn becomes(&mut self, app: &str) {
        self.token = sign_in(&self.cloud, app).await;
    }

    /// The header line that signs a request.
    pub fn authorization(&self) -> String {
        format!("authorization: Bearer {}", self.token)
    }

    /// `/sites/...` below Graph's base, or a whole URL.
    pub async fn call(&self, method: &str, path: &str, lines: &[&str], body: &[u8]) -> Reply {
        let base = &self.cloud.description().graph;
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{base}{path}")
        };
        let authorization = self.authorization();
        let length = format!("content-length: {}", body.len());
        let lines = [&[authorization.as_str(), length.as_str()], lines].concat();
        send(method, &url, &lines, body).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, &[], b"").await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        let lines = ["content-type: application/json"];
        self.call("POST", path, &lines, body.to_string().as_bytes())
            .await
    }

    pub async fn put(&self, path: &str, body: &[u8]) -> Reply {
        self.call("PUT", path, &[], body).await
    }

    /// Posts to a control under `/_sim`.
    pub async fn control(&self, path: &str, body: &Value) -> Reply {
        let url = format!("{}{path}", self.cloud.description().control);
        self.post(&url, body).await
    }

    /// Entries of all pages of a list, and how many pages there were.
    pub async fn list(&self, path: &str) -> (Vec<Value>, usize) {
        let (mut entries, mut pages, mut next) = (Vec::new(), 0, Some(path.to_owned()));
        while let Some(path) = next {
            let reply = self.get(&path).await;
            assert_eq!(reply.status, 200, "{path}: {reply:?}");
            let mut page = reply.json();
            entries.append(page["value"].as_array_mut().unwrap());
            pages += 1;
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        (entries, pages)
    }

    /// The site whose URL ends so.
    pub fn site(&self, name: &str) -> String {
        self.summary(name).0
    }

    /// `/drives/{id}` of the site's default library.
    pub fn drive(&self, site: &str) -> String {
        format!("/drives/{}", self.summary(site).1)
    }

    /// Names of everything below the library, with sizes, as `/_sim/files` tells.
    pub fn stored(&self) -> Vec<(String, u64)> {
        let files = self.cloud.state().graph.files();
        files
            .into_iter()
            .map(|file| (file.path, file.size))
            .collect()
    }

    fn summary(&self, name: &str) -> (String, String) {
        let sites = &self.cloud.description().sites;
        let url = format!("/sites/{name}");
        let site = sites.iter().find(|site| site.url.ends_with(&url));
        let site = site.expect("a site of that name");
        (site.id.clone(), site.drive_id.clone())
    }
}

async fn sign_in(cloud: &Cloud, app: &str) -> String {
    let description = cloud.description();
    let others = &description.other_entra_clients;
    let (id, secret) = match others.iter().find(|client| client.name == app) {
        Some(client) => (&client.id, &client.secret),
        None => (
            &description.entra_client.id,
            &description.entra_client.secret,
        ),
    };
    let escape =
        |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
        escape(id),
        escape(secret)
    );
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        description.login, description.tenant
    );
    let length = format!("content-length: {}", form.len());
    let lines = [
        "content-type: application/x-www-form-urlencoded",
        length.as_str(),
    ];
    let reply = send("POST", &url, &lines, form.as_bytes()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["access_token"].as_str().unwrap().to_owned()
}
