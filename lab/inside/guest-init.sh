#!/bin/busybox sh
# Process 1 of the guest image. Says on the serial console that it booted, keeps the list of all who ever booted from
# this disk on the disk itself (behind the file system), goes on writing, and powers off when asked by ACPI.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec </dev/null >/dev/ttyS0 2>&1

for module in @MODULES@; do
    insmod /modules/$module.ko
done

disk=/dev/vda
tries=0
while [ ! -b $disk ] && [ $tries -lt 100 ]; do tries=$((tries + 1)); usleep 100000; done

# Who boots: the server's id, which the hypervisor gives as the machine's; another id where it gives none.
me=$(tr 'A-F' 'a-f' </sys/class/dmi/id/product_uuid 2>/dev/null)
case $me in ''|00000000-*) me=$(cat /proc/sys/kernel/random/boot_id) ;; esac

# First sector and number of sectors of the list, and the sector that is written over and over.
first=@FIRST@
sectors=64
beat=$((first + 128))
before=$(dd if=$disk bs=512 skip=$first count=$sectors 2>/dev/null | tr -d '\000' | tr '\n' ' ')
before=${before% }
[ -n "$before" ] && echo "DCN-VERIFY marker: $before"
{ for one in $before $me; do echo $one; done; } >/list
# Also out of the caches of whatever keeps the disk: a guest that is ended hard has written it.
dd if=/list of=$disk bs=512 seek=$first conv=sync,notrunc,fsync 2>/dev/null
sync
echo "DCN-VERIFY booted: $me"

for name in /sys/class/input/event*/device/name; do
    if grep -q 'Power Button' $name 2>/dev/null; then
        event=${name#/sys/class/input/}
        event=${event%%/*}
        { dd if=/dev/input/$event of=/dev/null bs=24 count=1 2>/dev/null; echo "DCN-VERIFY power off"; sync; poweroff -f; } &
    fi
done
ip link set eth0 up 2>/dev/null

# The image's exclusive lock belongs to who wrote last; without this a snapshot would take it for good.
number=0
while true; do
    number=$((number + 1))
    echo "$me $number" >/beat
    dd if=/beat of=$disk bs=512 seek=$beat conv=sync,notrunc,fsync 2>/dev/null
    sync
    sleep 5
done
