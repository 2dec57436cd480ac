//! The check of a request before it is sent: where its URL leads, whether its account may go there, its headers.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use criterion::Criterion;
use http::Method;
use writeback_policy::config::{AccountConfig, EntraAccount, Limits};
use writeback_policy::{Binding, Links, Policy, Wanted};

const ITEM: &str = "https://graph.microsoft.com/v1.0/drives/b!4fTKkS/root:/Reports/Daily/sales.csv:/createUploadSession";
const SESSION: &str = "https://contoso.sharepoint.com/sites/Finance/_api/v2.0/drives/b!4fTKkS/items/01ABC/uploadSession?guid='1'&tempauth=v1.secret";
const HEADERS: [(&str, &str); 4] = [
    ("accept", "application/json"),
    ("content-type", "application/json"),
    ("client-request-id", "845305d8-da3d-4107-a9d6-13ef3f86d4a4"),
    ("user-agent", "writeback"),
];

pub fn bench(criterion: &mut Criterion) -> Result<()> {
    let mut account = EntraAccount::new("contoso.onmicrosoft.com", "app");
    account.hosts = vec!["contoso.sharepoint.com".to_owned()];
    let binding = Binding::new("sharepoint", &AccountConfig::Entra(account));
    let accounts = [Arc::new(binding.map_err(|why| anyhow!(why))?)];
    let (links, limits) = (Links::default(), Limits::default());
    let link = links.hide(SESSION, &accounts[0]);
    let policy = Policy {
        accounts: &accounts,
        links: &links,
        allow: &[],
    };
    let mut group = criterion.benchmark_group("egress check");
    for (name, url, auth) in [
        ("a URL of an account", ITEM, Some(&accounts[0])),
        ("a link", link.as_str(), None),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let wanted = Wanted {
                    method: &Method::PUT,
                    url,
                    headers: HEADERS,
                    length: 10 << 20,
                };
                assert!(policy.admit(wanted, auth, &limits).is_ok());
            });
        });
    }
    group.finish();
    Ok(())
}
