#!/usr/bin/env bash
# Runs the recipes of examples/ as far as one machine can: systemd and cron in namespaces of their own, the container of the
# Kubernetes manifests and of the Dockerfile without an engine, the step of the workflow, and the asset under Dagster. Their
# files are held against schemas and linters. `--airflow` runs the DAG under Airflow instead, which is large to install.
# It needs root and Linux. WRITEBACK names another program.
set -euo pipefail
cd "$(dirname "$0")/.."

export PYTHONDONTWRITEBYTECODE=1
work=target/recipes

# A folder for packages, and what they are.
packages() {
    if ! cmp -s "$2" "$1/installed.txt"; then
        python3 -m venv --clear "$1"
        "$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$2"
        cp "$2" "$1/installed.txt"
    fi
}

[[ -n ${WRITEBACK:-} ]] || cargo build --quiet
mkdir -p "$work"
if [[ ${1:-} == --airflow ]]; then
    packages "$work/airflow" tests/recipes/requirements-airflow.txt
    exec "$work/airflow/bin/python" tests/recipes/airflow_dag.py
fi

for need in systemd-analyze:systemd cron:cron setpriv:util-linux; do
    command -v "${need%:*}" >/dev/null || { apt-get -qq update && apt-get -qq install -y "${need#*:}" >/dev/null; }
done
packages "$work/python" tests/recipes/requirements.txt
python=$work/python/bin/python

"$python" tests/recipes/systemd.py
"$python" tests/recipes/cron.py
"$work/python/bin/hadolint" examples/docker/Dockerfile
"$python" tests/recipes/docker.py
"$python" tests/recipes/kubernetes.py
"$python" tests/recipes/workflow.py
"$python" tests/recipes/dagster_asset.py
