//! One HTTP exchange as data: what is sent and what came back.
//!
//! Protocol modules build and read these; they never send them.

/// A request method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Create.
    Post,
    /// Write.
    Put,
    /// Change.
    Patch,
    /// Remove.
    Delete,
}

/// A request's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// No body.
    Empty,
    /// A few bytes, mostly JSON.
    Bytes(Vec<u8>),
    /// A part of the run's blob, streamed by the host.
    Slice {
        /// First byte.
        offset: u64,
        /// Number of bytes.
        length: u64,
    },
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// An absolute URL, or a `link:N` that stands for a pre-authenticated one.
    pub url: String,
    /// Header names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub content: Content,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, url: String) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            content: Content::Empty,
        }
    }

    /// A GET.
    pub fn get(url: String) -> Self {
        Self::new(Method::Get, url)
    }

    /// A POST with a JSON body.
    pub fn post_json(url: String, body: &serde_json::Value) -> Self {
        let mut request =
            Self::new(Method::Post, url).header("content-type", "application/json".to_owned());
        request.content = Content::Bytes(body.to_string().into_bytes());
        request
    }

    /// Whether it asks the same, whatever else its headers say.
    pub fn same(&self, other: &Self) -> bool {
        (self.method, &self.url, &self.content) == (other.method, &other.url, &other.content)
    }

    /// The same with one more header.
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same with a part of the run's blob as its body.
    pub fn slice(mut self, offset: u64, length: u64) -> Self {
        self.content = Content::Slice { offset, length };
        self
    }
}

/// Headers of a reply; names in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// The first value of a header; `name` in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The media type without parameters, in lower case.
    pub fn media_type(&self) -> Option<String> {
        let value = self.get("content-type")?;
        let bare = value.split(';').next().unwrap_or_default();
        Some(bare.trim().to_ascii_lowercase())
    }
}

/// A reply, read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON, or `null` where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether a person's page came where a program's reply was due.
    pub fn is_html(&self) -> bool {
        let page = |kind: String| kind == "text/html" || kind == "application/xhtml+xml";
        self.headers.media_type().is_some_and(page)
    }
}
