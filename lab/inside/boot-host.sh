#!/bin/sh
# Becomes process 1 of a lab host. Started in fresh mount, UTS, IPC and PID namespaces and in the host's network
# namespace; $1 is the host's folder in the lab's state, $2 the host's name.
set -eu
# From here on names in the folder are relative, and taken as they are: the folder may itself lie below a place that is
# covered further down.
cd "$1"
hostname "$2"

mount -t proc proc /proc
# A fresh sysfs, so that /sys/class/net shows this network namespace; the control groups stay those of the machine.
mount --no-canonicalize --rbind /sys/fs/cgroup cgroup
mount -t sysfs sysfs /sys
mount --no-canonicalize --rbind cgroup /sys/fs/cgroup
# The container runtime refuses a machine that has both versions of control groups at once; the lab needs neither.
if mountpoint -q /sys/fs/cgroup/unified; then umount -l /sys/fs/cgroup/unified; fi

# The package database stays visible, read-only; the rest of /var is this host's own.
mount --no-canonicalize --bind /var/lib/dpkg var/lib/dpkg
for name in etc home tmp var; do
    mount --no-canonicalize --rbind "$name" "/$name"
done
mount -o remount,bind,ro /var/lib/dpkg
# The machine's named network namespaces, those of other labs among them, would be held by this one.
if mountpoint -q /run/netns; then umount --lazy --recursive /run/netns; fi
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /run
mkdir -p /run/lock /run/sshd /run/ceph
chmod 1777 /run/lock
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm

cd /
exec /usr/bin/python3 /etc/supervisor/supervisord.py --nodaemon --configuration /etc/supervisor/supervisord.conf
