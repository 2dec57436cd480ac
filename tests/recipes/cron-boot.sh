#!/usr/bin/env bash
# Starts cron with one table in namespaces of its own, and ends when both jobs have written to their logs. Whatever it
# writes is gone with them. Arguments: configuration, binary, and a folder with the table and for the logs.
set -euo pipefail
folder=$1 binary=$2 out=$3

mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/over/{etc,etc.work,var,var.work}
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/over/etc,workdir=/run/over/etc.work /etc
mkdir /run/over/out && mount --bind "$out" /run/over/out
mkdir /run/over/from && cp -a "$folder" /run/over/from/etc && cp "$binary" /run/over/from/writeback
mount -t overlay overlay -o lowerdir=/var,upperdir=/run/over/var,workdir=/run/over/var.work /var
mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs /usr/local/bin
cp /run/over/from/writeback /usr/local/bin/writeback

useradd --system --home-dir /var/lib/writeback --create-home writeback
install -d -o writeback -g writeback /var/log/writeback
cp -a /run/over/from/etc /etc/writeback
chown -R root:writeback /etc/writeback
chmod 640 /etc/writeback/*.secret
rm -f /etc/cron.d/* /var/spool/cron/crontabs/*
install -m 644 /run/over/out/table /etc/cron.d/writeback
printf '\n' >/etc/crontab

cron -f &
cron=$!
until [[ -s /var/log/writeback/sales.log && -s /var/log/writeback/returns.log ]]; do
    kill -0 "$cron"
    sleep 0.1
done
cp /var/log/writeback/*.log /run/over/out/
kill "$cron"
