#!/usr/bin/env bash
# Installs PostgreSQL's server programs from Debian's packages, where there are none. The tests start a PostgreSQL of their own:
# no cluster of the machine's is wanted, but one that is there stays.
set -euo pipefail

ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && exit
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql
