//! Every input that the fuzzers kept, without a fuzzer: a regression is found where it is made.

use std::path::Path;
use writeback_fuzz_targets::TARGETS;

fn corpus() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus"))
}

#[test]
fn every_kept_input_still_holds() {
    for (name, target) in TARGETS {
        let files = std::fs::read_dir(corpus().join(name)).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty(), "`{name}` has no corpus");
        for file in files {
            let input = std::fs::read(&file).unwrap();
            // The name comes with the panic's message.
            println!("{}", file.display());
            target(&input);
        }
    }
}

#[test]
fn every_target_is_fuzzed() {
    let manifest = include_str!("../../Cargo.toml");
    for (name, _) in TARGETS {
        let bin = format!("path = \"fuzz_targets/{name}.rs\"");
        assert!(manifest.contains(&bin), "`{name}` has no fuzzer");
    }
}
