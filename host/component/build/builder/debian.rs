//! The fallback: Debian's Rust compiler and its sources, unpacked under the target folder without
//! root and without touching what is installed. It builds the standard library itself.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::toolchain::TARGET;

/// Debian's Rust for browsers, newer than the distribution's own.
const PACKAGES: [&str; 3] = ["rustc-web", "libstd-rust-web-dev", "rust-web-src"];

/// Dependencies of these whose names carry a version.
const VERSIONED: [&str; 2] = ["libllvm", "libstd-rust-web-"];

/// A compiler below a folder.
pub(crate) struct Unpacked {
    root: PathBuf,
}

impl Unpacked {
    /// Makes a cargo command use this compiler.
    pub(crate) fn configure(&self, cargo: &mut Command) -> Result<()> {
        let usr = self.root.join("usr");
        let libraries = env::join_paths(library_folders(&usr)?)?;
        cargo
            .arg("-Zbuild-std=std,panic_abort")
            .env("RUSTC", usr.join("bin/rustc"))
            .env("RUSTC_BOOTSTRAP", "1")
            .env("LD_LIBRARY_PATH", libraries)
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER",
                pinned_linker()?,
            );
        Ok(())
    }
}

pub(crate) fn unpack(target_folder: &Path) -> Result<Unpacked> {
    let folder = target_folder.join("debian-rust");
    let unpacked = Unpacked {
        root: folder.join("root"),
    };
    let done = folder.join("done");
    if done.exists() {
        return Ok(unpacked);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let packages = folder.join("packages");
    fs::create_dir_all(&packages)?;
    download(&Apt::prepare(&folder.join("apt"))?, &packages)?;
    for package in fs::read_dir(&packages)? {
        run(Command::new("dpkg")
            .arg("-x")
            .arg(package?.path())
            .arg(&unpacked.root))?;
    }
    place_sources(&unpacked.root)?;
    fs::write(done, "")?;
    Ok(unpacked)
}

fn download(apt: &Apt, packages: &Path) -> Result<()> {
    let mut names: Vec<String> = PACKAGES.map(str::to_owned).to_vec();
    let mut next = 0;
    while next < names.len() {
        let dependencies = apt.output("apt-cache", &["depends", &names[next]])?;
        for word in dependencies
            .split_whitespace()
            .filter(|word| is_versioned(word))
        {
            if !names.iter().any(|name| name == word) {
                names.push(word.to_owned());
            }
        }
        next += 1;
    }
    run(apt
        .command("apt-get")
        .arg("download")
        .args(&names)
        .current_dir(packages))
}

fn is_versioned(package: &str) -> bool {
    let version_follows = |prefix| {
        package
            .strip_prefix(prefix)
            .is_some_and(|rest: &str| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    VERSIONED.into_iter().any(version_follows)
}

/// Package lists of our own, so that neither root nor an earlier `apt-get update` is needed.
struct Apt {
    folder: PathBuf,
}

impl Apt {
    fn prepare(folder: &Path) -> Result<Apt> {
        for part in ["state/lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(part))?;
        }
        let apt = Apt {
            folder: folder.to_owned(),
        };
        run(apt.command("apt-get").arg("update"))?;
        Ok(apt)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let folder = self.folder.display();
        command
            .arg("-o")
            .arg(format!("Dir::State::lists={folder}/state/lists"));
        command.arg("-o").arg(format!("Dir::Cache={folder}/cache"));
        // Without root there is no other user to drop to; with root it could not write here.
        command.args(["-o", "APT::Sandbox::User=root"]);
        command
    }

    fn output(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let output = self.command(program).args(arguments).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// `usr/lib` and the folders of one architecture below it, such as `usr/lib/x86_64-linux-gnu`.
fn library_folders(usr: &Path) -> Result<Vec<PathBuf>> {
    let lib = usr.join("lib");
    let entries = fs::read_dir(&lib)?.collect::<Result<Vec<_>, _>>()?;
    let of_architecture = entries
        .iter()
        .filter(|entry| entry.file_name().to_string_lossy().ends_with("-linux-gnu"));
    Ok(of_architecture
        .map(|entry| entry.path())
        .chain([lib])
        .collect())
}

/// Cargo looks for the sources of std below the compiler's sysroot, which is `usr`.
fn place_sources(root: &Path) -> Result<()> {
    let versions = fs::read_dir(root.join("usr/src"))?;
    let sources = versions
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.join("library").is_dir());
    let sources = sources.context("Debian's package has no sources of std")?;
    let expected = root.join("usr/lib/rustlib/src/rust");
    if let Some(parent) = expected.parent() {
        fs::create_dir_all(parent)?;
    }
    if expected.symlink_metadata().is_ok() {
        fs::remove_file(&expected)?;
    }
    std::os::unix::fs::symlink(sources, expected)?;
    Ok(())
}

/// `rust-lld` of the toolchain that runs this build: Debian's is a package of its own.
fn pinned_linker() -> Result<PathBuf> {
    let rustc = env::var_os("RUSTC").context("cargo sets RUSTC")?;
    let output = Command::new(rustc).args(["--print", "sysroot"]).output()?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let host = env::var("HOST").context("cargo sets HOST")?;
    let linker = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
    if !linker.exists() {
        bail!("the pinned toolchain has no `rust-lld` to link {TARGET} with");
    }
    Ok(linker)
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot start `{program}`"))?;
    if !output.status.success() {
        bail!(
            "`{program}` failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}
