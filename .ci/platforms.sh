#!/usr/bin/env bash
# The component on other platforms: the same jobs on each and on our own host, against simulated clouds, byte for byte. Installs what they
# need below target/, from PyPI and npm. Ends within three minutes, building aside.
set -euo pipefail
cd "$(dirname "$0")/.."

export PYTHONDONTWRITEBYTECODE=1
cargo build --quiet
writeback=${CARGO_TARGET_DIR:-target}/debug/writeback
folder=target/platforms
mkdir -p "$folder"

[[ -x $folder/python/bin/python ]] || python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check -r examples/python/requirements.txt

# A copy: what npm installs and jco writes stays out of the sources.
mkdir -p "$folder/node"
cp -r examples/node/. tests/platforms/*.mjs "$folder/node"
cmp -s "$folder/node/package-lock.json" "$folder/node/installed.json" || {
    (cd "$folder/node" && npm ci --no-audit --no-fund --silent)
    cp "$folder/node/package-lock.json" "$folder/node/installed.json"
}

"$writeback" component --quiet --output "$folder/connector.wasm"
cp "$folder/connector.wasm" "$folder/node/connector.wasm"
(cd "$folder/node" && npm run --silent transpile)

platforms=(python-raw node-raw)
if "$writeback" component --help | grep -q -- --portable; then
    "$writeback" component --quiet --portable cli --output "$folder/cli.wasm"
    (cd "$folder/node" && npx jco transpile ../cli.wasm --out-dir cli --name cli --instantiation async --no-typescript --quiet)
    platforms+=(python-cli node-cli)
fi

"$folder/python/bin/python" tests/platforms/policy.py
node "$folder/node/policy.mjs" tests/platforms/policy.json
(($#)) || set -- "${platforms[@]}"
python3 tests/platforms/compare.py "$writeback" "$folder" "$@"
