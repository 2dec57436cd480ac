#!/usr/bin/env bash
# The README's test command. Its last line counts what all the test programs ran, and failed where they did.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
code=0
cargo test 2>&1 | tee "$log" || code=$?
awk '/^test result:/ { passed += $4; failed += $6 } END { printf "tests: %d passed, %d failed\n", passed, failed }' "$log"
exit "$code"
