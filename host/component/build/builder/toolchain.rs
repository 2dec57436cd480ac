//! Finds a compiler that has a standard library for WebAssembly: the pinned one, the pinned one
//! after `rustup target add`, or Debian's.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::debian;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// `pinned` or `debian` forces one of the two; unset tries them in this order.
pub(crate) const CHOICE: &str = "WRITEBACK_GUEST_TOOLCHAIN";

pub(crate) enum Toolchain {
    /// The compiler that builds everything else.
    Pinned,
    /// Debian's compiler, which builds its own standard library.
    Debian(debian::Unpacked),
}

impl Toolchain {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Toolchain::Pinned => "pinned",
            Toolchain::Debian(_) => "debian",
        }
    }
}

pub(crate) fn find(target_folder: &Path) -> Result<Toolchain> {
    match env::var(CHOICE).as_deref() {
        Ok("debian") => return Ok(Toolchain::Debian(debian::unpack(target_folder)?)),
        Ok("pinned") | Ok("") | Err(_) => {}
        Ok(other) => bail!("{CHOICE} is `{other}`: expected `pinned` or `debian`"),
    }
    if has_target()? || (rustup_adds_target() && has_target()?) {
        return Ok(Toolchain::Pinned);
    }
    if env::var(CHOICE).is_ok_and(|choice| choice == "pinned") {
        bail!("the pinned toolchain has no {TARGET} and `rustup target add {TARGET}` failed");
    }
    println!(
        "cargo::warning=no {TARGET} here and rustup could not add it: using Debian's compiler"
    );
    let unpacked = debian::unpack(target_folder).with_context(|| {
        format!("neither rustup nor Debian's packages give a compiler for {TARGET}; \
                 hint: run `rustup target add {TARGET}`, or set WRITEBACK_COMPONENT to a finished component")
    })?;
    Ok(Toolchain::Debian(unpacked))
}

fn has_target() -> Result<bool> {
    let rustc = env::var_os("RUSTC").context("cargo sets RUSTC")?;
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .output()?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    Ok(output.status.success() && folder.is_dir())
}

fn rustup_adds_target() -> bool {
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .output();
    added.is_ok_and(|output| output.status.success())
}
