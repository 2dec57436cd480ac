#!/usr/bin/env bash
# Freezes a release: `.ci/release.sh VERSION` keeps its component and its contract in `tests/releases/VERSION`, which the
# tests hold every later tree to. It refuses a release that is kept already, a version that Cargo.toml, CHANGELOG.md and
# wit/ do not have, what is not committed, and what does not fit the releases before.
set -euo pipefail
cd "$(dirname "$0")/.."

refuse() { # what is wrong, what to do
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

version=${1:-}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || refuse "\`$version\` is not a version" "write one such as 0.1.0"
folder=tests/releases/$version
[[ ! -e $folder ]] || refuse "\`$folder\` is there already" "releases are never changed: raise the version"

have=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
[[ $have == "$version" ]] || refuse "Cargo.toml has version $have" "set \`version\` under \`[workspace.package]\`"
grep -qE "^## ${version//./\\.}( |$)" CHANGELOG.md || refuse "CHANGELOG.md has no \`## $version\`" "give \`Unreleased\` its version"
contract=$(sed -n 's/^package writeback:connector@\(.*\);$/\1/p' wit/world.wit)
[[ $contract && $(printf '%s\n' "$contract" "$version" | sort -V | tail -1) == "$version" ]] \
    || refuse "wit/world.wit has version \`$contract\`, which is later than $version" "a contract has the version of the release that last changed it"
git diff --quiet HEAD -- . || refuse "there are changes that are not committed" "commit them first"

cargo build --quiet
trap 'rm -rf "$folder"' EXIT
mkdir "$folder"
"${CARGO_TARGET_DIR:-target}/debug/writeback" component --output "$folder/connector.wasm" --wit "$folder/wit"
cargo test --quiet --test suite -- releases
trap - EXIT
echo "kept $version with contract $contract: commit \`$folder\`"
