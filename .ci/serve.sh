#!/usr/bin/env bash
# The server as processes: two tenants, a killed worker, a drained one, on SQLite and PostgreSQL. WRITEBACK names another program.
set -euo pipefail
cd "$(dirname "$0")/.."

export PYTHONDONTWRITEBYTECODE=1
[[ -n ${WRITEBACK:-} ]] || cargo build --quiet
python3 tests/serve/smoke.py "${WRITEBACK:-target/debug/writeback}"
