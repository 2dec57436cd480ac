#!/usr/bin/env bash
# The component on other platforms: the same jobs on each and on our own host, against simulated clouds, byte for byte. Installs what they
# need below target/, from PyPI and npm. Ends within three minutes, building aside. The arguments name platforms in place of CI's.
set -euo pipefail
cd "$(dirname "$0")/.."

export PYTHONDONTWRITEBYTECODE=1
cargo build --quiet
writeback=${CARGO_TARGET_DIR:-target}/debug/writeback
folder=target/platforms
mkdir -p "$folder"

[[ -x $folder/python/bin/python ]] || python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check -r examples/python/requirements.txt

# Copies: what npm installs and jco writes stays out of the sources.
packages() { # folder, its name below target/platforms
    mkdir -p "$folder/$2"
    cp -r "$1/." "$folder/$2"
    cmp -s "$1/package-lock.json" "$folder/$2/installed.json" && return
    (cd "$folder/$2" && npm ci --omit=peer --no-audit --no-fund --silent)
    cp "$1/package-lock.json" "$folder/$2/installed.json"
}
packages examples/node node
packages tests/platforms/portable portable
cp tests/platforms/policy.mjs "$folder/node"

"$writeback" component --quiet --output "$folder/node/connector.wasm"
cp "$folder/node/connector.wasm" "$folder"
for build in cli http library; do "$writeback" component --quiet --portable "$build" --output "$folder/$build.wasm"; done
"$writeback" component --quiet --portable cli --secrets store --output "$folder/cli-store.wasm"
(
    cd "$folder/node"
    npm run --silent transpile
    npx jco transpile ../cli.wasm --out-dir ../portable/cli --name cli --instantiation async --no-typescript --quiet
)

"$folder/python/bin/python" tests/platforms/policy.py
node "$folder/node/policy.mjs" tests/platforms/policy.json
(($#)) || set -- python-raw node-raw python-cli python-store python-library node-cli node-http
python3 tests/platforms/compare.py "$writeback" "$folder" "$@"
