//! What people write: a configuration, a job, a query. TOML or JSON in, a document out.

use std::path::Path;

use serde_json::Value;
use writeback_policy::config::{AccountConfig, Config, EntraSignIn, SecretSource, parse};
use writeback_policy::toml_text;

/// A document: JSON where it begins as JSON does, else TOML.
pub(crate) fn document(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('{') {
        // The parser's own message would quote what stands there.
        return serde_json::from_str(text).map_err(|error| {
            format!(
                "not valid JSON: line {}, column {}",
                error.line(),
                error.column()
            )
        });
    }
    let table = toml_text::parse(text).map_err(|what| format!("not valid TOML: {what}"))?;
    toml_text::to_json(&table)
}

/// A configuration whose relative paths begin at `folder`.
pub(crate) fn configuration(text: &str, folder: &Path) -> Result<Config, String> {
    let document = document(text)?;
    let config = parse(&document, folder).map_err(|problems| problems.to_string())?;
    match unusable(&config) {
        problems if problems.is_empty() => Ok(config),
        problems => Err(problems.join("\n")),
    }
}

/// What a configuration asks for that there is none of on other platforms, all of it at once.
fn unusable(config: &Config) -> Vec<String> {
    let accounts = config.accounts.iter().flat_map(|(name, account)| {
        let secrets = account.secrets().into_iter();
        let sources = secrets.filter_map(move |(key, source)| {
            let why = no_source(source)?;
            Some(format!("`accounts.{name}.{key}`: {why}"))
        });
        sources.chain(no_sign_in(account).map(|why| format!("`accounts.{name}`: {why}")))
    });
    accounts.collect()
}

fn no_source(source: &SecretSource) -> Option<String> {
    match source {
        SecretSource::Env(_) | SecretSource::File(_) => None,
        other => Some(format!(
            "{other} cannot be read on this platform\n\
             hint: give the secret as a setting, `{{ env = \"NAME\" }}`, or in a preopened folder, `{{ file = \"PATH\" }}`"
        )),
    }
}

fn no_sign_in(account: &AccountConfig) -> Option<&'static str> {
    match account {
        AccountConfig::Entra(entra) if entra.sign_in == EntraSignIn::User => Some(
            "a user cannot sign in on this platform\nhint: let the app sign in as itself, or run the job with `writeback`",
        ),
        _ => None,
    }
}

/// The entries that the platform decides about, whatever the configuration says.
pub(crate) fn left_to_the_platform(config: &Config) -> Vec<&'static str> {
    let egress = &config.egress;
    let set = [
        (egress.proxy.is_some(), "egress.proxy"),
        (egress.ca_file.is_some(), "egress.ca_file"),
        (config.vault.is_some(), "vault"),
        (config.state.dir.is_some(), "state.dir"),
    ];
    let set = set.into_iter().filter(|(set, _)| *set);
    set.map(|(_, key)| key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_languages_say_the_same() {
        let wanted = json!({"domo": {"account": "a", "rows": {"min": 1}}});
        assert_eq!(
            document("[domo]\naccount = 'a'\nrows = { min = 1 }").unwrap(),
            wanted
        );
        assert_eq!(document(&format!("\n {wanted}")).unwrap(), wanted);
        assert_eq!(
            document("{\n\"secret\": hunter2}").unwrap_err(),
            "not valid JSON: line 2, column 11"
        );
        assert!(
            document("a = ")
                .unwrap_err()
                .starts_with("not valid TOML: line 1, column ")
        );
    }

    #[test]
    fn what_other_platforms_lack_is_told_at_once() {
        let text = "[accounts.d]\nkind = 'domo'\nclient_id = 'i'\nclient_secret = { exec = ['x'] }\n\
                    [accounts.s]\nkind = 'entra'\ntenant = 'contoso.onmicrosoft.com'\nclient_id = 'a'\nsign_in = 'user'\n\
                    client_secret = { keyring = 'k' }";
        let told = configuration(text, Path::new("/")).unwrap_err();
        for part in [
            "`accounts.d.client_secret`: ",
            "`accounts.s.client_secret`: ",
            "`accounts.s`: a user cannot sign in",
        ] {
            assert!(told.contains(part), "{told}");
        }
        assert!(configuration("[accounts", Path::new("/")).is_err());
    }

    #[test]
    fn what_the_platform_decides_is_named() {
        let text = "[egress]\nproxy = 'http://proxy.example.com:3128'\n[state]\ndir = '/x'";
        let config = configuration(text, Path::new("/")).unwrap();
        assert_eq!(left_to_the_platform(&config), ["egress.proxy", "state.dir"]);
    }
}
