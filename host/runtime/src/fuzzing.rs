//! Fuzz targets for what the host reads from outside: each takes any bytes and asserts what has to hold for
//! all of them. Built for the fuzzers (feature `fuzzing`) and for the test that replays their corpus.

mod config;
mod headers;
mod links;
mod url_policy;

use std::path::Path;
use std::sync::{Arc, LazyLock};

pub use config::config;
pub use headers::headers;
pub use links::links;
pub use url_policy::url_policy;

use writeback_policy::Binding;

use crate::Tenant;

/// A target.
pub type Target = fn(&[u8]);

/// Every target by its name, which its corpus has too.
pub const TARGETS: [(&str, Target); 4] = [
    ("config", config),
    ("headers", headers),
    ("links", links),
    ("url_policy", url_policy),
];

/// The accounts `domo` and `sharepoint`, in this order.
static ACCOUNTS: LazyLock<Vec<Arc<Binding>>> = LazyLock::new(|| {
    let document = serde_json::json!({ "accounts": {
        "domo": { "kind": "domo", "client_id": "id", "client_secret": { "env": "UNSET" } },
        "sharepoint": {
            "kind": "entra", "tenant": "contoso.onmicrosoft.com", "client_id": "app",
            "client_secret": { "env": "UNSET" }, "hosts": ["contoso.sharepoint.com"],
        },
    }});
    let config = crate::config::parse(&document, Path::new("/")).expect("it is a configuration");
    let tenant = Tenant::new(config.into_tenant()).expect("its endpoints are public ones");
    let accounts = tenant.accounts().values();
    accounts
        .map(|account| Arc::clone(&account.binding))
        .collect()
});

#[cfg(test)]
mod tests {
    use super::TARGETS;

    /// Every input that the fuzzers kept, without a fuzzer.
    #[test]
    fn every_kept_input_still_holds() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fuzz/corpus");
        for (name, target) in TARGETS {
            let files = std::fs::read_dir(format!("{corpus}/{name}")).unwrap();
            let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
            assert!(!files.is_empty(), "`{name}` has no corpus");
            for file in files {
                let input = std::fs::read(&file).unwrap();
                // The name comes with the panic's message.
                println!("{}", file.display());
                target(&input);
            }
        }
    }
}
