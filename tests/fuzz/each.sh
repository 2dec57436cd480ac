#!/usr/bin/env bash
# Fuzzes targets, one after the other: each.sh SECONDS TARGET... What is found new goes to target/corpus/TARGET,
# what is found wrong to artifacts/TARGET. The host's targets take a long first build. Needs `cargo install cargo-fuzz`; the pinned stable compiler will do.
set -euo pipefail
cd "$(dirname "$0")"
export RUSTC_BOOTSTRAP=1

seconds=$1
shift
# All that is fuzzed is safe Rust: an address sanitizer would halve the speed and find nothing more.
flags=(--fuzz-dir . --sanitizer none)
host_targets=" config headers links url_policy "
for target in "$@"; do
    features=()
    [[ $host_targets != *" $target "* ]] || features=(--features host)
    mkdir -p "target/corpus/$target"
    cargo fuzz run "${flags[@]}" "${features[@]}" "$target" "target/corpus/$target" "corpus/$target" -- \
        -max_total_time="$seconds" -dict=words.dict -max_len=8192 -timeout=20 -rss_limit_mb=1024 -print_final_stats=1
done
