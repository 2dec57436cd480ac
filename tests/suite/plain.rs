//! A client that sends one plain request and reads one reply. It follows nothing and keeps nothing: a browser's first half.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;
use url::Url;

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// The body as text.
    pub body: String,
}

/// Sends a GET.
pub fn get(url: &str) -> Reply {
    exchange(url, "GET", "")
}

/// Sends a request without a body.
pub fn send(method: &str, url: &str) -> Reply {
    exchange(url, method, "")
}

/// Sends a POST with a body of JSON.
pub fn post(url: &str, body: &Value) -> Reply {
    exchange(url, "POST", &body.to_string())
}

/// Sends a GET with these headers in HTTP/1.0, whose reply ends with the connection; answers a good reply's body.
pub fn fetch(url: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let url = Url::parse(url).expect("a URL");
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = (url.host_str().expect("a host"), url.port().expect("a port"));
    let mut stream = TcpStream::connect(host).expect("somebody listens");
    let mut request = format!("GET {target} HTTP/1.0\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    stream
        .write_all(format!("{request}\r\n").as_bytes())
        .expect("sent");
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).expect("a reply");
    let mut lines = reply.windows(4);
    let end = lines.position(|four| four == b"\r\n\r\n").expect("a head");
    let body = reply.split_off(end + 4);
    let head = String::from_utf8_lossy(&reply);
    assert!(head.contains(" 200 "), "{head}");
    body
}

fn exchange(url: &str, method: &str, body: &str) -> Reply {
    let url = Url::parse(url).expect("a URL");
    let host = format!(
        "{}:{}",
        url.host_str().expect("a host"),
        url.port().expect("a port")
    );
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut stream = TcpStream::connect(&host).expect("somebody listens");
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("a reply");
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head");
    let line = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
    };
    Reply {
        status: head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .expect("a status"),
        location: line("location"),
        body: body.to_owned(),
    }
}
