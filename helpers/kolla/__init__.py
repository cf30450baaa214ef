"""Reads kolla-ansible's files: globals.yml with its config/ folders, and rendered trees such as /etc/kolla on a host.

Sources: openstack/kolla-ansible (`doc/source/reference/storage/external-ceph-guide.rst`; the roles glance, cinder and
nova-cell: their templates, and the files that `merge_configs` reads, in its order).
"""
