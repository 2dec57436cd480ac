#!/usr/bin/env bash
# The library's examples, run as a reader would, against a simulated cloud that then must hold what they wrote.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --quiet --bins --examples
built=${CARGO_TARGET_DIR:-target}/debug
work=$(mktemp -d)
coproc SIMULATOR { exec "$built/writeback" simulate; }
simulator=$SIMULATOR_PID
trap 'kill "$simulator" 2>/dev/null || true; wait "$simulator" 2>/dev/null || true; rm -rf "$work"' EXIT
if ! read -r -t 120 -u "${SIMULATOR[0]}" description; then
    echo "examples: the simulator did not start" >&2
    exit 1
fi

fail() {
    echo "examples: $1" >&2
    cat "$work/out" "$work/err" >&2
    exit 1
}
field() { python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$description" "$1"; }
config=$(field config) job=$(field job) control=$(field control)
export XDG_STATE_HOME=$work/state

example() { # name, job, arguments...
    local name=$1 job=$2
    shift 2
    timeout 120 "$built/examples/$name" "$config" "$job" "$@" >"$work/out" 2>"$work/err" || fail "$name failed"
}

for name in run secret_store memory_spool progress_channel; do
    sed "s/sales\.csv/$name.csv/" "$job" >"$work/$name.toml"
    example "$name" "$work/$name.toml"
    python3 -c 'import json, sys; assert json.load(sys.stdin)["verified"] == "hash"' <"$work/out" || fail "$name has no receipt"
done
grep -q 'bytes uploaded$' "$work/err" || fail "progress_channel told nothing"

example many_tenants "$job" 4
ended=$(sort "$work/out" | paste -sd' ')
[[ $ended == "tenant-0: cancelled tenant-1: done tenant-2: done tenant-3: done" ]] || fail "many_tenants ended otherwise"

stored=$(python3 - "$control" <<'PY'
import json, sys, urllib.request
files = json.load(urllib.request.urlopen(sys.argv[1] + "/files"))
print(*sorted(file["path"].rsplit("/", 1)[1] for file in files))
PY
)
expected="memory_spool.csv progress_channel.csv run.csv secret_store.csv tenant-1.csv tenant-2.csv tenant-3.csv"
[[ $stored == "$expected" ]] || fail "SharePoint holds other files: $stored"
echo "examples: all of them wrote what they say"
