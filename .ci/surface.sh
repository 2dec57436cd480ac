#!/usr/bin/env bash
# What the library offers is the checked-in list, so that whoever changes it sees it, and no type of wasmtime is in it.
# `--write` brings the list up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

list=docs/surface.txt
cargo doc --quiet --workspace --no-deps
surface() { PYTHONDONTWRITEBYTECODE=1 python3 .ci/surface.py "${CARGO_TARGET_DIR:-target}/doc"; }
if [ "${1:-}" = --write ]; then
    surface >"$list"
else
    surface | diff -u "$list" - || {
        echo "error: \`$list\` is not what the library offers"
        echo "hint: run .ci/surface.sh --write, and see in docs/embedding.md whether the change breaks programs"
        exit 1
    }
fi
if grep -n wasmtime "$list"; then
    echo "error: the library's surface names wasmtime"
    exit 1
fi
