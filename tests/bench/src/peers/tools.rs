//! What the benchmark runs: the product, curl, rclone and Python with its libraries, installed where they are missing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use writeback_bench::target;

/// The benchmark's sources.
const SOURCES: &str = env!("CARGO_MANIFEST_DIR");

/// Paths of all that is run, and where results go.
pub struct Tools {
    pub writeback: PathBuf,
    pub rclone: PathBuf,
    pub python: PathBuf,
    /// The script that Python runs.
    pub script: PathBuf,
    /// State folder of `ours`, where its compiled connector is.
    pub warm_state: PathBuf,
    /// For temporary files.
    pub folder: PathBuf,
    pub results: PathBuf,
}

impl Tools {
    /// Builds and installs what is not there.
    pub fn ready(writeback: Option<&Path>) -> Result<Self> {
        // First: a target folder that cargo finds already made is not marked as one.
        let writeback = match writeback {
            Some(built) => fs::canonicalize(built)
                .with_context(|| format!("cannot find `{}`", built.display()))?,
            None => build()?,
        };
        let target = target();
        let results = target.join("bench");
        let (folder, venv) = (results.join("tmp"), results.join("venv"));
        // What a run that was killed has left may be large.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create `{}`", folder.display()))?;
        curl()?;
        libraries(&venv)?;
        let tools = Self {
            writeback,
            rclone: venv.join("bin/rclone"),
            python: venv.join("bin/python"),
            script: Path::new(SOURCES).join("python/writeback.py"),
            warm_state: folder.join("warm"),
            folder,
            results,
        };
        Ok(tools)
    }

    /// Versions of the peers by name.
    pub fn versions(&self) -> BTreeMap<String, String> {
        let mut versions = BTreeMap::new();
        let mut add = |name: &str, command: &mut Command| {
            let text = command
                .output()
                .map(|output| output.stdout)
                .unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let line = text.lines().next().unwrap_or("unknown").to_owned();
            versions.insert(name.to_owned(), line);
        };
        add("curl", Command::new("curl").arg("--version"));
        add("rclone", Command::new(&self.rclone).arg("version"));
        add("python", Command::new(&self.python).arg("--version"));
        add("writeback", Command::new(&self.writeback).arg("--version"));
        for library in ["pydomo", "office365-rest-python-client", "requests"] {
            let code = format!("import importlib.metadata as m; print(m.version('{library}'))");
            add(library, Command::new(&self.python).args(["-c", &code]));
        }
        versions
    }
}

/// The product as it is installed.
fn build() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--release", "--package", "writeback"])
        .current_dir(SOURCES);
    succeed(&mut command, "see what the build said")?;
    Ok(target().join("release/writeback"))
}

fn libraries(venv: &Path) -> Result<()> {
    let list = Path::new(SOURCES).join("python/requirements.txt");
    let (wanted, installed) = (fs::read(&list)?, venv.join("requirements.txt"));
    if fs::read(&installed).is_ok_and(|had| had == wanted) {
        return Ok(());
    }
    succeed(
        Command::new("python3").args(["-m", "venv"]).arg(venv),
        "install Debian's `python3-venv`",
    )?;
    let mut command = Command::new(venv.join("bin/pip"));
    command
        .args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
        ])
        .arg(&list);
    succeed(&mut command, "see that PyPI can be reached")?;
    Ok(fs::write(installed, wanted)?)
}

fn curl() -> Result<()> {
    if Command::new("curl")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        return Ok(());
    }
    let mut command = Command::new("apt-get");
    succeed(
        command.args(["install", "--yes", "--quiet", "curl"]),
        "install `curl`",
    )
}

fn succeed(command: &mut Command, hint: &str) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    // Its talk is not the benchmark's result.
    let status = command.stdout(std::io::stderr()).status();
    match status
        .with_context(|| format!("cannot start `{program}`\nhint: {hint}"))?
        .success()
    {
        true => Ok(()),
        false => bail!("`{program}` failed\nhint: {hint}"),
    }
}
