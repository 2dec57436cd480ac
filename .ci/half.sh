#!/usr/bin/env bash
# The figure for interrupted uploads: one that is killed half-way sends again at most the fragment that was on its
# way, and exports nothing again. The first argument is the export's size in bytes: 200 MB, or `5000000000`.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --quiet
exec env PYTHONDONTWRITEBYTECODE=1 python3 .ci/half.py "${CARGO_TARGET_DIR:-target}/debug/writeback" "${1:-200000000}"
