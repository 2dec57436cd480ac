//! Puts front, connector and adapter into one component: what the connector and the front import of ours is
//! wired inside, what is left to import is WASI's.

use anyhow::{Context, Result};
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

/// The interfaces that are wired inside.
const OURS: &str = "writeback:";

/// What the connector exports, after the types that it names.
const CONNECTOR: [&str; 2] = [
    "writeback:connector/types@0.1.0",
    "writeback:connector/writeback@0.1.0",
];

/// A component that exports `export` of `front`, or without one what the connector does.
///
/// # Errors
/// What does not fit.
pub fn portable(front: Option<(&[u8], &str)>, connector: &[u8], adapter: &[u8]) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let adapter = instance(&mut graph, "adapter", adapter, &[])?;
    let connector = instance(&mut graph, "connector", connector, &[adapter])?;
    match front {
        Some((front, export)) => {
            let front = instance(&mut graph, "front", front, &[connector, adapter])?;
            let start = graph.alias_instance_export(front, export)?;
            graph.export(start, export)?;
        }
        None => {
            for (from, export) in [adapter, connector].into_iter().zip(CONNECTOR) {
                let offered = graph.alias_instance_export(from, export)?;
                graph.export(offered, export)?;
            }
        }
    }
    graph
        .encode(EncodeOptions::default())
        .context("the parts do not make a component")
}

/// An instance of a component, its imports of ours taken from the first of `from` that exports them.
fn instance(
    graph: &mut CompositionGraph,
    name: &str,
    bytes: &[u8],
    from: &[NodeId],
) -> Result<NodeId> {
    let package = Package::from_bytes(name, None, bytes.to_vec(), graph.types_mut())
        .with_context(|| format!("`{name}` is no component"))?;
    let imports: Vec<String> = graph.types()[package.ty()]
        .imports
        .keys()
        .filter(|import| import.starts_with(OURS))
        .cloned()
        .collect();
    let package = graph.register_package(package)?;
    let instance = graph.instantiate(package);
    for import in imports {
        let mut sources = from.iter();
        let export = sources.find_map(|source| graph.alias_instance_export(*source, &import).ok());
        let export = export.with_context(|| format!("nothing gives `{name}` its `{import}`"))?;
        graph.set_instantiation_argument(instance, &import, export)?;
    }
    Ok(instance)
}
