#!/usr/bin/env bash
# Adds what the checks need and a new machine may lack. Finds it installed the second time.
set -euo pipefail

for component in rustfmt clippy; do
    cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 || rustup component add "$component"
done
command -v cargo-deny >/dev/null || cargo install cargo-deny --locked --version 0.20.2 --no-default-features
python3 -m venv --help >/dev/null || { apt-get update && apt-get install -y python3-venv; }
.ci/postgresql.sh
command -v npm >/dev/null || { apt-get update && apt-get install -y nodejs npm; }
command -v cargo-deny >/dev/null
