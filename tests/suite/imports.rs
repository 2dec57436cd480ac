//! The import list is the sandbox: what the component can reach is checked in and compared.

use std::fmt::Write;
use std::path::Path;

use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;
use wasmtime::{Config, Engine, OptLevel};
use writeback_component::{Settings, Start, portable};

/// Every import of the component, an interface a line and its functions and resources below it.
fn imports(bytes: &[u8]) -> String {
    let mut config = Config::new();
    config.wasm_component_model(true);
    // The code is not run.
    config.cranelift_opt_level(OptLevel::None);
    let engine = Engine::new(&config).expect("an engine");
    let component = Component::new(&engine, bytes).expect("the component compiles");
    let mut list = String::new();
    for (name, item) in component.component_type().imports(&engine) {
        writeln!(list, "{name}").expect("a string takes all");
        if let ComponentItem::ComponentInstance(instance) = item.ty {
            for (name, item) in instance.exports(&engine) {
                let kind = match item.ty {
                    ComponentItem::ComponentFunc(_) => "function",
                    ComponentItem::Resource(_) => "resource",
                    _ => continue,
                };
                writeln!(list, "  {kind} {name}").expect("a string takes all");
            }
        }
    }
    list
}

#[test]
fn are_the_checked_in_list() {
    compare("docs/imports.txt", writeback_component::BYTES);
}

/// The builds for other platforms import WASI alone, and of it what is listed.
#[test]
fn of_the_portable_builds_are_the_checked_in_lists() {
    for (start, how) in [
        (Start::Cli, "cli"),
        (Start::Http, "http"),
        (Start::Library, "library"),
    ] {
        for (settings, from) in [
            (Settings::Environment, "environment"),
            (Settings::Store, "store"),
        ] {
            let bytes = portable(start, settings).expect("it was built");
            assert!(
                imports(bytes)
                    .lines()
                    .all(|line| line.starts_with("wasi:") || line.starts_with("  "))
            );
            compare(&format!("docs/imports/{how}-{from}.txt"), bytes);
        }
    }
}

fn compare(path: &str, bytes: &[u8]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    let found = imports(bytes);
    if std::env::var_os("WRITEBACK_UPDATE").is_some() {
        std::fs::write(&file, &found).expect("the list is written");
        return;
    }
    assert!(
        found == checked_in,
        "{path} says\n{checked_in}\nbut the component imports\n{found}\nhint: if the change is meant, set WRITEBACK_UPDATE=1 and run this test again"
    );
}
