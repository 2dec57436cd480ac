//! Runs a nested cargo that compiles a guest. It has a target folder of its own, so that it
//! neither waits for the outer cargo's lock nor shares its flags.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Guest;
use super::toolchain::{TARGET, Toolchain};

/// Vector instructions are part of WebAssembly 2.0 and of every runtime that we name.
const FLAGS: &str = "-Ctarget-feature=+simd128";

/// Small and fast: see the workspace's `Cargo.toml`.
const PROFILE: &str = "guest";

pub(crate) fn build(
    guest: &Guest,
    root: &Path,
    target_folder: &Path,
    toolchain: &Toolchain,
) -> Result<Vec<u8>> {
    let package = guest.package;
    let folder = target_folder.join(toolchain.name());
    let mut cargo = cargo(guest, root);
    cargo.arg("--target-dir").arg(&folder);
    if let Toolchain::Debian(debian) = toolchain {
        debian.configure(&mut cargo)?;
    }
    let output = cargo.output().context("cannot start cargo for the guest")?;
    if !output.status.success() {
        bail!(
            "`{package}` does not compile:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let module = format!("{}.wasm", package.replace('-', "_"));
    let module = folder.join(TARGET).join(PROFILE).join(module);
    fs::read(&module).with_context(|| format!("cargo left no `{}`", module.display()))
}

fn cargo(guest: &Guest, root: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        if is_of_the_outer_build(&name) {
            cargo.env_remove(name);
        }
    }
    cargo
        .current_dir(root)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(root))
        .args(["build", "--locked", "--profile", PROFILE])
        .args(["--package", guest.package])
        .args(["--features", guest.features])
        .args(["--target", TARGET]);
    cargo
}

/// The outer cargo's flags, wrappers (clippy, coverage) and profile are not the guest's.
fn is_of_the_outer_build(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    [
        "RUSTFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_TARGET_DIR",
        "RUSTDOCFLAGS",
    ]
    .contains(&&*name)
        || [
            "CARGO_BUILD_",
            "CARGO_PROFILE_",
            "CARGO_FEATURE_",
            "CARGO_CFG_",
            "CARGO_PKG_",
        ]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Paths of this machine stay out of the component, so that equal sources give equal bytes.
fn flags(root: &Path) -> String {
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let mut flags = vec![
        FLAGS.to_owned(),
        format!("--remap-path-prefix={}=writeback", root.display()),
    ];
    flags.extend(home.map(|home| format!("--remap-path-prefix={}=cargo", home.display())));
    flags.join("\u{1f}")
}
