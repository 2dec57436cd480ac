//! A tenant's configuration under what the operator allows. Nothing in it is trusted: it names no file, variable
//! or program, reaches nothing that the operator does not reach, and uses no more.

use std::path::Path;

use serde_json::{Map, Value};
use writeback_host::config::{
    self, AccountConfig, Config, EntraSignIn, Limits, SecretSource, TenantConfig, TenantLimits,
};
use writeback_policy::AllowedOrigin;

/// What a tenant has a say in.
const TABLES: [&str; 3] = ["accounts", "egress", "limits"];
const REACH: [&str; 2] = ["allow", "allow_addresses"];

/// The tenant's configuration, with its state in `state`.
///
/// # Errors
/// All that is wrong with it, a line each.
pub(crate) fn narrow(
    operator: &Config,
    tenant: &Value,
    state: &Path,
) -> Result<TenantConfig, String> {
    let mut problems = Vec::new();
    let document = completed(operator, tenant, &mut problems);
    let parsed = match config::parse(&document, Path::new("/")) {
        Ok(parsed) => parsed,
        Err(found) => {
            problems.extend(found.list().iter().map(ToString::to_string));
            return Err(problems.join("\n"));
        }
    };
    for (name, account) in &parsed.accounts {
        check_account(name, account, &mut problems);
    }
    check_reach(operator, &parsed, &mut problems);
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    let mut narrowed = operator.clone();
    narrowed.accounts = parsed.accounts;
    narrowed.egress.allow = parsed.egress.allow;
    narrowed.egress.allow_addresses = parsed.egress.allow_addresses;
    narrowed.limits = least(&operator.limits, &parsed.limits);
    narrowed.state.dir = Some(state.to_owned());
    Ok(narrowed.into_tenant())
}

/// What the tenant says, and what the operator says where it is silent.
fn completed(operator: &Config, tenant: &Value, problems: &mut Vec<String>) -> Value {
    let empty = Map::new();
    let said = tenant.as_object().unwrap_or(&empty);
    let foreign = |key: &&String| !TABLES.contains(&key.as_str());
    problems.extend(said.keys().filter(foreign).map(|key| operators(key)));
    let mut document = Map::new();
    if let Some(accounts) = said.get("accounts") {
        document.insert("accounts".to_owned(), accounts.clone());
    }
    let egress = table(said.get("egress"), problems, "egress");
    let foreign = |key: &&String| !REACH.contains(&key.as_str());
    let keys = egress.keys().filter(foreign);
    problems.extend(keys.map(|key| operators(&format!("egress.{key}"))));
    let own = |key: &str, operators: Value| egress.get(key).cloned().unwrap_or(operators);
    let addresses = operator.egress.allow_addresses.iter();
    let addresses = addresses.map(ToString::to_string).collect::<Vec<_>>();
    document.insert(
        "egress".to_owned(),
        serde_json::json!({
            "allow": own("allow", operator.egress.allow.clone().into()),
            "allow_addresses": own("allow_addresses", addresses.into()),
        }),
    );
    let mut limits = serde_json::to_value(&operator.limits).unwrap_or_default();
    for (key, value) in table(said.get("limits"), problems, "limits") {
        match (key.as_str(), value) {
            ("tenant", Value::Object(tenant)) => {
                for (key, value) in tenant {
                    limits["tenant"][key] = value;
                }
            }
            (_, value) => limits[key] = value,
        }
    }
    document.insert("limits".to_owned(), limits);
    Value::Object(document)
}

fn table(said: Option<&Value>, problems: &mut Vec<String>, name: &str) -> Map<String, Value> {
    match said {
        None => Map::new(),
        Some(Value::Object(table)) => table.clone(),
        Some(_) => {
            problems.push(format!("`{name}`: must be a table"));
            Map::new()
        }
    }
}

fn operators(key: &str) -> String {
    format!("`{key}`: is the operator's to set, not a tenant's")
}

fn check_account(name: &str, account: &AccountConfig, problems: &mut Vec<String>) {
    for (key, source) in account.secrets() {
        if !matches!(source, SecretSource::Store(_)) {
            problems.push(format!(
                "`accounts.{name}.{key}`: must be `{{ store = \"KEY\" }}`, not `{}`",
                source.kind()
            ));
        }
    }
    if let AccountConfig::Entra(entra) = account {
        if entra.federated_token.is_some() {
            problems.push(format!(
                "`accounts.{name}.federated_token`: is a file of this machine, and no tenant's"
            ));
        }
        if entra.sign_in == EntraSignIn::User {
            problems.push(format!(
                "`accounts.{name}.sign_in`: must be `app`: nobody can sign in here"
            ));
        }
    }
}

fn check_reach(operator: &Config, tenant: &Config, problems: &mut Vec<String>) {
    for address in &tenant.egress.allow_addresses {
        if !operator.egress.allow_addresses.contains(address) {
            problems.push(format!(
                "`egress.allow_addresses`: `{address}` is not among the operator's"
            ));
        }
    }
    let read = |text: &String| AllowedOrigin::parse(text).ok();
    let allowed: Vec<_> = operator.egress.allow.iter().filter_map(read).collect();
    for text in &tenant.egress.allow {
        let covered = read(text).is_some_and(|own| allowed.iter().any(|entry| entry.covers(&own)));
        if !covered {
            problems.push(format!(
                "`egress.allow`: `{text}` is not within the operator's"
            ));
        }
    }
}

/// Of each limit the lower one.
fn least(operator: &Limits, tenant: &Limits) -> Limits {
    let mut least = operator.clone();
    macro_rules! lower {
        ($($limit:ident)*) => { $( least.$limit = operator.$limit.min(tenant.$limit); )* };
    }
    lower!(memory cpu_seconds wall_seconds spool_bytes request_seconds connect_seconds idle_seconds requests
        connections sent_bytes received_bytes headers header_bytes url_bytes log_lines handles);
    least.tenant = least_together(&operator.tenant, &tenant.tenant);
    least
}

fn least_together(operator: &TenantLimits, tenant: &TenantLimits) -> TenantLimits {
    let mut least = operator.clone();
    macro_rules! lower {
        ($($limit:ident)*) => { $( least.$limit = operator.$limit.min(tenant.$limit); )* };
    }
    lower!(runs memory cpu_seconds spool_bytes handles connections);
    least
}

#[cfg(test)]
#[path = "narrow_tests.rs"]
mod tests;
