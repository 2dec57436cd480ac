#!/usr/bin/env bash
# Licences, sources and bans always; advisories where their database can be fetched.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo deny --log-level error check licenses bans sources
if timeout 120 cargo deny --log-level error fetch db >/dev/null 2>&1; then
    cargo deny --log-level error check advisories
else
    echo "NOT CHECKED: advisories (their database cannot be fetched from here)"
fi
