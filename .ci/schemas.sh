#!/usr/bin/env bash
# The published schemas are what the program says they are. `--write` brings them up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

for kind in job config query check receipt; do
    published=docs/schema/$kind.json
    if [ "${1:-}" = --write ]; then
        cargo run --quiet -- schema "$kind" >"$published"
    else
        cargo run --quiet -- schema "$kind" | diff -u "$published" - || {
            echo "error: \`$published\` differs from \`writeback schema $kind\`"
            echo "hint: run .ci/schemas.sh --write and commit the result"
            exit 1
        }
    fi
done
