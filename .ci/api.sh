#!/usr/bin/env bash
# Has schemathesis try out the API by its own description, with and without mistakes, for a bounded time and from a fixed seed.
# Arguments are handed on to it. API_SERVER names another server.
set -euo pipefail
cd "$(dirname "$0")/.."

export PYTHONDONTWRITEBYTECODE=1
folder=target/schemathesis
if ! cmp -s .ci/api.txt "$folder/installed.txt"; then
    python3 -m venv --clear "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement .ci/api.txt
    cp .ci/api.txt "$folder/installed.txt"
fi
[[ -n ${API_SERVER:-} ]] || cargo build --quiet --example api
python3 .ci/api.py "$folder/bin/schemathesis" "${API_SERVER:-target/debug/examples/api}" "$@"
