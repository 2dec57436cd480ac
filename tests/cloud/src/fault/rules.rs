//! The rules in force: parsed, matched, counted. What a fired rule does is elsewhere.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use serde::Deserialize;

use super::{Action, Fault, HOOKS};
use crate::state::Service;

#[derive(Debug)]
struct Armed {
    fault: Fault,
    seen: u64,
}

/// All rules, each with the number of requests that it matched.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Armed>>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        let rules = Self::default();
        rules.add(faults);
        rules
    }

    /// Adds rules behind those in force.
    pub fn add(&self, faults: Vec<Fault>) {
        self.lock()
            .extend(faults.into_iter().map(|fault| Armed { fault, seen: 0 }));
    }

    /// Removes every rule.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The rules in force.
    pub fn list(&self) -> Vec<Fault> {
        self.lock()
            .iter()
            .map(|armed| armed.fault.clone())
            .collect()
    }

    /// Counts this request and answers the names and actions of the rules that fire on it.
    pub(crate) fn fire(
        &self,
        service: Service,
        method: &str,
        path: &str,
    ) -> (Vec<String>, Vec<Action>) {
        let mut rules = self.lock();
        let fired = rules
            .iter_mut()
            .filter_map(|armed| armed.fire(service, method, path));
        fired.map(|fault| (fault.name(), fault.action)).unzip()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Armed {
    fn fire(&mut self, service: Service, method: &str, path: &str) -> Option<Fault> {
        let fault = &self.fault;
        let matched = fault.service.is_none_or(|wanted| wanted == service)
            && fault
                .method
                .as_deref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && fault
                .path
                .as_deref()
                .is_none_or(|wanted| path_matches(wanted, path));
        if !matched {
            return None;
        }
        self.seen += 1;
        let first = fault.nth.max(1);
        let due = self.seen >= first && (fault.times == 0 || self.seen - first < fault.times);
        due.then(|| fault.clone())
    }
}

/// Contained, or a glob over the whole where `*` stands for anything.
fn path_matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains('*') {
        return path.contains(pattern);
    }
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    fault: Vec<Fault>,
}

pub(super) fn parse_list(text: &str) -> anyhow::Result<Vec<Fault>> {
    let faults = parse(text)?;
    for fault in &faults {
        if let Action::Hook { name, .. } = &fault.action
            && !HOOKS.iter().any(|(known, _)| known == name)
        {
            let known = HOOKS.map(|(known, _)| format!("`{known}`")).join(", ");
            anyhow::bail!("there is no hook `{name}`; there are {known}");
        }
    }
    Ok(faults)
}

fn parse(text: &str) -> anyhow::Result<Vec<Fault>> {
    match text.trim_start().as_bytes().first() {
        Some(b'[') if !text.trim_start().starts_with("[[") => {
            serde_json::from_str(text).context("the fault list is not valid JSON")
        }
        Some(b'{') => Ok(serde_json::from_str::<Document>(text)
            .context("the fault list is not valid JSON")?
            .fault),
        None => Ok(Vec::new()),
        _ => Ok(toml::from_str::<Document>(text)
            .context("the fault list is not valid TOML")?
            .fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_and_json_say_the_same() {
        let toml = "[[fault]]\nservice = \"upload\"\nmethod = \"PUT\"\nnth = 2\naction = \"reset\"\n\
                    [[fault]]\npath = \"/data\"\naction = { truncate-body = { after = 9, end = \"clean\" } }\n";
        let json = r#"[{"service":"upload","method":"PUT","nth":2,"action":"reset"},
                       {"path":"/data","action":{"truncate-body":{"after":9,"end":"clean"}}}]"#;
        let of = |text| serde_json::to_value(Fault::parse_list(text).unwrap()).unwrap();
        assert_eq!(of(toml), of(json));
        assert_eq!(of(toml), of(&format!("{{\"fault\":{json}}}")));
    }

    #[test]
    fn an_unknown_action_or_field_is_refused() {
        assert!(Fault::parse_list("[[fault]]\naction = \"explode\"").is_err());
        let hook = r#"[{"action":{"hook":{"name":"short-exprot"}}}]"#;
        let error = Fault::parse_list(hook).unwrap_err().to_string();
        assert!(error.contains("no hook `short-exprot`") && error.contains("`short-export`"));
        assert!(Fault::parse_list("[[fault]]\nonce = true\naction = \"reset\"").is_err());
    }

    #[test]
    fn a_rule_fires_from_the_nth_match_for_its_times() {
        let mut fault = Fault::on(Service::Domo, "/data", Action::Reset);
        (fault.nth, fault.times) = (2, 2);
        let faults = Faults::new(vec![fault]);
        let fired = |service, path| faults.fire(service, "GET", path).1.len();
        assert_eq!(fired(Service::Domo, "/v1/users"), 0);
        assert_eq!(fired(Service::Graph, "/v1/data"), 0);
        let hits: Vec<_> = (0..4)
            .map(|_| fired(Service::Domo, "/v1/datasets/x/data"))
            .collect();
        assert_eq!(hits, [0, 1, 1, 0]);
    }

    #[test]
    fn a_star_makes_it_a_glob() {
        assert!(path_matches("/v1/*/data", "/v1/datasets/data"));
        assert!(!path_matches("/v1/*/data", "/v1/datasets/data?x=1"));
        assert!(path_matches("*Session*", "/a/createUploadSession?x"));
        assert!(!path_matches("v1*", "/v1"));
        assert!(path_matches("Session", "/a/createUploadSession?x"));
    }
}
