#!/usr/bin/env bash
# Boots systemd as the first process of namespaces of its own and runs the service for each job. Whatever it writes is
# gone with them. Arguments: configuration, units, binary, and a folder for what happened.
set -euo pipefail
folder=$1 units=$2 binary=$3 out=$4

# Apart from the machine, and shared with the namespaces of services, as on a machine that boots.
mount --make-rprivate /
mount --make-rshared /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/over/{etc,etc.work,lib,lib.work} /run/systemd/system
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/over/etc,workdir=/run/over/etc.work /etc
mount -t overlay overlay -o lowerdir=/var/lib,upperdir=/run/over/lib,workdir=/run/over/lib.work /var/lib
mount -t proc proc /proc
mount -t cgroup2 none /sys/fs/cgroup
cp "$binary" /run/over/writeback
mount -t tmpfs -o mode=755 tmpfs /usr/local/bin
cp /run/over/writeback /usr/local/bin/writeback

cp -a "$folder" /etc/writeback
chown -R root:root /etc/writeback
cp "$units"/writeback@.* /run/systemd/system/
install -D "$out/test.conf" /run/systemd/system/writeback@.service.d/test.conf
printf '[Unit]\nDefaultDependencies=no\n' >/run/systemd/system/nothing.target

# A start that fails is followed by the restart that the unit asks for, or by none: `is-failed` and `inactive` are the ends.
watch() {
    until systemctl show -p Version >/dev/null 2>&1; do sleep 0.1; done
    for job in sales absent wrong foreign; do
        systemctl start "writeback@$job" 2>/dev/null || true
        until [[ $(systemctl show -p ActiveState --value "writeback@$job") =~ ^(inactive|failed)$ ]]; do sleep 0.1; done
        systemctl show -p ExecMainStatus,Result "writeback@$job" >"$out/$job.show"
    done
    systemctl exit
}
watch </dev/null &
exec env -i container=unshare PATH="$PATH" /lib/systemd/systemd --system --unit=nothing.target \
    --log-target=console --log-level=warning --show-status=false
