#!/usr/bin/env bash
# The portable builds under the `wasmtime` command, which is compiled first: half an hour, so it is no part of
# `.ci/run`. docs/platforms.md has what came of it.
set -euo pipefail
cd "$(dirname "$0")/.."

root=target/platforms/wasmtime
if [[ ! -x $root/bin/wasmtime ]]; then
    cargo install wasmtime-cli --version 48.0.8 --locked --root "$root" --target-dir "$root/target" --no-default-features \
        --features run,serve,wasi-http,wasi-config,component-model,component-model-async,cranelift,parallel-compilation,pooling-allocator
    rm -rf "$root/target"
fi
.ci/platforms.sh wasmtime-run wasmtime-serve
