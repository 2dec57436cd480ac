//! From the start of `writeback run` to its first byte on the wire.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Result;

use super::tools::Tools;

/// How often.
const TRIES: usize = 15;

/// Milliseconds of each try, the compiled connector there already.
pub fn requests(tools: &Tools) -> Result<Vec<f64>> {
    let folder = tempfile::tempdir_in(&tools.folder)?;
    let domo = TcpListener::bind("127.0.0.1:0")?;
    let (config, job) = (
        folder.path().join("writeback.toml"),
        folder.path().join("job.toml"),
    );
    fs::write(folder.path().join("secret"), "none")?;
    fs::write(&config, configuration(&domo.local_addr()?.to_string()))?;
    fs::write(&job, JOB)?;
    owner_only(&folder.path().join("secret"))?;
    // The first one fills the cache and does not count.
    let tries = (0..=TRIES).map(|_| first_byte(tools, &domo, &config, &job));
    Ok(tries.collect::<Result<Vec<f64>>>()?.split_off(1))
}

fn first_byte(tools: &Tools, domo: &TcpListener, config: &Path, job: &Path) -> Result<f64> {
    let mut command = Command::new(&tools.writeback);
    command
        .arg("--config")
        .arg(config)
        .args(["run", "--quiet"])
        .arg(job);
    command.env("XDG_STATE_HOME", &tools.warm_state);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = Instant::now();
    let mut process = command.spawn()?;
    let (mut stream, _) = domo.accept()?;
    stream.read_exact(&mut [0])?;
    let took = started.elapsed();
    drop(stream);
    process.kill()?;
    process.wait()?;
    Ok(took.as_secs_f64() * 1000.0)
}

fn owner_only(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(
        path,
        fs::Permissions::from_mode(0o600),
    )?)
}

fn configuration(address: &str) -> String {
    format!(
        "[accounts.domo]\nkind = \"domo\"\nclient_id = \"first\"\nclient_secret = {{ file = \"secret\" }}\n\
         endpoints = {{ api = \"http://{address}\" }}\n\
         [accounts.sharepoint]\nkind = \"entra\"\ntenant = \"contoso.onmicrosoft.com\"\nclient_id = \"first\"\n\
         client_secret = {{ file = \"secret\" }}\n\
         [egress]\nallow_addresses = [\"{address}\"]\n"
    )
}

const JOB: &str = r#"
[domo]
account = "domo"
dataset = "845305d8-da3d-4107-a9d6-13ef3f86d4a4"
[sharepoint]
account = "sharepoint"
site = "https://contoso.sharepoint.com/sites/Finance"
filename = { custom = "first.csv" }
"#;
