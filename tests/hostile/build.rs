//! Builds the hostile components: the guest as the connector is built, and text modules for what
//! Rust cannot say.

#[path = "../../host/component/build/builder/mod.rs"]
mod builder;

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use builder::{Guest, component, encode, root};

const HOSTILE: Guest = Guest {
    package: "writeback-hostile-guest",
    folder: "tests/hostile/guest",
    features: "",
    with: &[],
};

/// The connector's world, and one import more.
const MORE: &str = r#"
package hostile:connector;

world more {
  include writeback:connector/connector@0.1.0;
  import wasi:cli/environment@0.2.0;
}

package wasi:cli@0.2.0 {
  interface environment {
    get-environment: func() -> list<tuple<string, string>>;
  }
}
"#;

fn main() -> Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    fs::write(out.join("hostile.wasm"), component(&HOSTILE)?)?;
    for name in ["table", "environment"] {
        fs::write(out.join(format!("{name}.wasm")), from_text(name)?)?;
    }
    Ok(())
}

/// The module `modules/NAME.wat` as a component of the world above; what it does not import is left out.
fn from_text(name: &str) -> Result<Vec<u8>> {
    let root = root()?;
    let text = root.join(format!("tests/hostile/modules/{name}.wat"));
    println!("cargo::rerun-if-changed={}", text.display());
    let mut module = wat::parse_file(&text)?;
    let mut resolve = Resolve::default();
    resolve.push_dir(root.join("wit"))?;
    let package = resolve.push_str("more.wit", MORE)?;
    let world = resolve.select_world(&[package], Some("more"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    encode(&module)
}
