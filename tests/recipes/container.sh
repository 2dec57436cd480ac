#!/usr/bin/env bash
# Runs a program as a container of the image would: its own mounts and processes, a root that cannot be written, user
# 65532, no way to more rights, no variables but its own. Arguments: a folder with the image's files, its volumes as
# FOLDER:PATH[:ro], `--`, variables, and the command.
set -euo pipefail
image=$1
shift
mount --make-rprivate /
mount --bind "$image" "$image"
mount -t proc proc "$image/proc"
while [[ $1 != -- ]]; do
    IFS=: read -r from to mode <<<"$1"
    mount --bind "$from" "$image$to"
    [[ -z $mode ]] || mount -o "remount,bind,$mode" "$image$to"
    shift
done
shift
mount -o remount,bind,ro "$image"
variables=()
while [[ $1 == *=* ]]; do
    variables+=("$1")
    shift
done
exec env -i "${variables[@]}" \
    /usr/bin/setpriv --no-new-privs /usr/sbin/chroot --userspec=65532:65532 --groups=65532 "$image" "$@"
