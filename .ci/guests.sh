#!/usr/bin/env bash
# Clippy for the code that only compiles to WebAssembly: the native one does not see it.
set -euo pipefail
cd "$(dirname "$0")/.."

target=wasm32-unknown-unknown
if [[ ! -d $(rustc --print target-libdir --target $target) ]] && ! rustup target add $target; then
    echo "NOT CHECKED: this toolchain has no $target"
    exit 0
fi
lint() { # package and features
    cargo clippy --quiet --profile guest --target $target --target-dir target/guest/pinned "$@" -- -D warnings
}
lint --package writeback-connector
lint --package writeback-adapter
lint --package writeback-adapter --features store
lint --package writeback-front --features cli
lint --package writeback-front --features http
