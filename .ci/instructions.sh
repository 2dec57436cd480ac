#!/usr/bin/env bash
# The figures for instructions: a fixed table counted and hashed in the sandbox, and a fixed small job, take no more of
# them than `tests/bench/instructions.txt` says, within its margin. `--write` puts what is counted now into that file.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v valgrind >/dev/null; then
    if ((EUID != 0)); then
        echo "NOT CHECKED: there is no valgrind"
        exit 0
    fi
    apt-get update --quiet >/dev/null && apt-get install --quiet --yes valgrind >/dev/null
fi
cargo build --quiet
cargo build --quiet --example counted
exec env PYTHONDONTWRITEBYTECODE=1 python3 .ci/instructions.py "${CARGO_TARGET_DIR:-target}" "$@"
