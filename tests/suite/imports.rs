//! The import list is the sandbox: what the component can reach is checked in and compared.

use std::fmt::Write;
use std::path::Path;

use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;
use wasmtime::{Config, Engine};

/// Every import of the component, an interface a line and its functions and resources below it.
fn imports(bytes: &[u8]) -> String {
    let mut config = Config::new();
    config.wasm_component_model(true);
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
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/imports.txt");
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    let found = imports(writeback_component::BYTES);
    if std::env::var_os("WRITEBACK_UPDATE").is_some() {
        std::fs::write(&file, &found).expect("the list is written");
        return;
    }
    assert!(
        found == checked_in,
        "docs/imports.txt says\n{checked_in}\nbut the component imports\n{found}\nhint: if the change is meant, set WRITEBACK_UPDATE=1 and run this test again"
    );
}
