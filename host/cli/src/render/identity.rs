//! A tested account as text: who it signs in as, what the token allows, and the findings.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::Value;

use crate::render::check::Report;
use crate::render::fields::Fields;
use crate::render::paint::Paint;

/// What a test of an account found.
pub struct Tested {
    /// The findings.
    pub report: Report,
    identity: Option<Identity>,
}

/// What the token says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Identity {
    subject: Option<String>,
    roles: Vec<String>,
    scopes: Vec<String>,
    /// Milliseconds since the Unix epoch.
    expires: Option<u64>,
}

impl Tested {
    /// Reads the connector's answer about the account called `name`.
    pub fn read(name: &str, answer: &Value) -> serde_json::Result<Self> {
        let findings: Vec<_> = serde_json::from_value(answer["items"].clone())?;
        let report = Report {
            job: name.to_owned(),
            ok: true,
            findings,
            upload_hosts: Vec::new(),
            rest: serde_json::Map::new(),
        };
        let identity = serde_json::from_value(answer["identity"].clone())?;
        Ok(Self { report, identity })
    }

    /// For people.
    pub fn text(&self, paint: Paint) -> String {
        let mut text = self.report.text(paint);
        if let Some(identity) = &self.identity {
            text.push_str(&identity.text(paint));
        }
        text
    }
}

impl Identity {
    fn text(&self, paint: Paint) -> String {
        let mut fields = Fields::default();
        fields.add("user", self.subject.clone().unwrap_or_default());
        fields.add("roles", self.roles.join(", "));
        fields.add("scopes", self.scopes.join(", "));
        fields.add("token until", self.expires.map(date).unwrap_or_default());
        fields.text(paint)
    }
}

fn date(milliseconds: u64) -> String {
    match SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds)) {
        // Beyond the year 9999 the formatter has no words.
        Some(time) if milliseconds < 253_402_300_800_000 => httpdate::fmt_http_date(time),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_token_is_told_below_the_findings() {
        let answer = json!({
            "items": [{"check": "sign-in", "status": "ok", "message": "as 27"}],
            "identity": {"subject": "27", "roles": ["Admin"], "scopes": [], "expires": 1_900_000_000_000_u64},
        });
        let tested = Tested::read("domo", &answer).unwrap();
        let expected = "\
domo
  ok           sign-in  as 27
nothing stands in the way
  user         27
  roles        Admin
  token until  Sun, 17 Mar 2030 17:46:40 GMT
";
        assert_eq!(tested.text(Paint::plain()), expected);
    }

    #[test]
    fn without_a_token_there_are_findings_alone() {
        let answer = json!({"items": [{"check": "sign-in", "status": "failed", "message": "no"}], "identity": null});
        let text = Tested::read("domo", &answer).unwrap().text(Paint::plain());
        assert!(text.ends_with("1 check failed\n"), "{text}");
        assert_eq!(date(u64::MAX), "");
    }
}
