#!/usr/bin/env bash
# The component's imports are the sandbox: they must be exactly the checked-in list.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo test --quiet --test suite imports::
