"""A real distributed deployment (Ceph, Keystone, Glance at every site) on one disposable Debian 12 machine."""
