"""The configuration files on the nodes, written from the settings of the services."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from simulator.world.clusters import Cluster, User
from simulator.world.nodes import Container, File, Node
from simulator.world.sites import COPY_TIMEOUT, ETCD_PORT, Glance, Site

REGISTRY = "localhost/tripleo"
#: The commands that TripleO runs in containers.
_COMMANDS = {
    "glance_api": "uwsgi --ini /etc/glance/uwsgi.ini",
    "glance_api_internal": "uwsgi --ini /etc/glance/uwsgi.ini",
    "nova_compute": "/usr/bin/nova-compute",
    "cinder_volume": "/usr/bin/cinder-volume",
}


def ceph_conf(cluster: Cluster, keyring_user: str | None = None) -> str:
    """Return a client's `/etc/ceph/<cluster>.conf`.

    With `keyring_user`, add the `[client]` section that the guide requires.
    """
    addresses = ",".join(f"[v2:{mon.address}:3300,v1:{mon.address}:6789]" for mon in cluster.mons)
    lines = ["[global]", f"fsid = {cluster.fsid}", f"mon host = {addresses}"]
    if keyring_user:
        lines += ["", "[client]", f"keyring = /etc/ceph/{cluster.name}.client.{keyring_user}.keyring"]
    return "\n".join(lines) + "\n"


def keyring(user: User) -> str:
    caps = "".join(f'\tcaps {daemon} = "{what}"\n' for daemon, what in user.caps.items())
    return f"[{user.entity}]\n\tkey = {user.key}\n{caps}"


def give_own_cluster(node: Node, cluster: Cluster) -> None:
    """Write the configuration and the keyrings of the site's own cluster."""
    node.files[f"/etc/ceph/{cluster.name}.conf"] = File(ceph_conf(cluster))
    for entity, user in cluster.users.items():
        # the site's own Glance is no client with the key that other sites have
        owner = "glance" if entity == "client.openstack" else "root"
        node.files[f"/etc/ceph/{cluster.name}.{entity}.keyring"] = File(keyring(user), owner, owner, 0o600)


def give_other_cluster(node: Node, cluster: Cluster) -> None:
    """Write the configuration and the keyring of another site's cluster, as `CephExternalMultiConfig` does."""
    path = f"/etc/ceph/{cluster.name}.client.{cluster.client}.keyring"
    node.files[f"/etc/ceph/{cluster.name}.conf"] = File(ceph_conf(cluster, cluster.client))
    node.files[path] = File(keyring(cluster.users[f"client.{cluster.client}"]), "glance", "glance", 0o600)


def give_services(node: Node, site: Site) -> None:
    """Add the node's containers, each with the configuration of its service."""

    def run(name: str, image: str, group: str = "", path: str = "", text: Callable[[], str] | None = None) -> None:
        files = {path: File(text, "root", group, 0o640)} if text else {}
        command = ("/usr/bin/python3", "-s", *_COMMANDS[name].split()) if name in _COMMANDS else (name,)
        # files named on the command line must exist; they are empty, because the settings are in the service's own file
        files |= {word: File("[DEFAULT]\n") for word in command if word.endswith(".conf") and word not in files}
        if group == "glance":
            files["/etc/glance/glance-image-import.conf"] = File("[DEFAULT]\n", "root", group, 0o640)
        # Glance reads its keys as its own user; services that open disks read theirs as root
        user = "glance" if group == "glance" else "root"
        read_only = (path.rpartition("/")[0],) if text else ()
        node.containers[name] = Container(
            name,
            f"{REGISTRY}/{image}:latest",
            files=files,
            user=user,
            command=command,
            read_only=read_only,
            ceph=image == "ceph",
        )

    if site.cluster is not None and "ceph-mon" in node.roles:
        for daemon in ("mon", "mgr"):
            run(f"ceph-{daemon}-{node.name}", "ceph")
            if node.cephadm:
                _as_cephadm_does(node, daemon, site.cluster)
    if site.glance is not None and "glance" in node.roles:
        glance = site.glance
        run("glance_api", "glance-api", "glance", "/etc/glance/glance-api.conf", lambda: glance_api_conf(glance, node))
        if inner := site.internal_glance:
            path = "/etc/glance/glance-api.conf"
            run("glance_api_internal", "glance-api", "glance", path, lambda: glance_api_conf(inner, node))
    if "haproxy" in node.roles:
        run("haproxy", "haproxy")
    if "keystone" in node.roles:
        run("keystone", "keystone")
    for role, container in (("compute", "nova_compute"), ("nova-api", "nova_api")):
        if role in node.roles:
            run(container, container.replace("_", "-"), "nova", "/etc/nova/nova.conf", lambda: nova_conf(site, node))
    if "compute" in node.roles:
        run("nova_libvirt", "nova-libvirt")
        if site.cluster is not None:
            node.secrets[site.nova.secret] = site.cluster.users["client.openstack"].key
    if site.cinder is not None and "cinder-volume" in node.roles:
        run("cinder_volume", "cinder-volume", "cinder", "/etc/cinder/cinder.conf", lambda: cinder_conf(site, node))


def _as_cephadm_does(node: Node, daemon: str, cluster: Cluster) -> None:
    """Give the container cephadm's name, and a configuration of its own in place of the node's files."""
    container = node.containers.pop(f"ceph-{daemon}-{node.name}")
    container.name = f"ceph-{cluster.fsid}-{daemon}-{node.name}"
    container.mounts = {}
    container.files = {"/etc/ceph/ceph.conf": File(ceph_conf(cluster))}
    node.containers[container.name] = container


def glance_api_conf(glance: Glance, node: Node) -> str:
    """Return the file of one of the site's Glances, on this node."""
    there = urlsplit(glance.url)
    stores = ",".join(f"{store.id}:{store.type}" for store in glance.stores.values())
    lines = [
        "[DEFAULT]",
        f"enabled_backends = {stores}",
        f"enabled_import_methods = [{','.join(glance.import_methods)}]",
        f"show_multiple_locations = {glance.show_locations}",
        f"show_image_direct_url = {glance.show_direct_url}",
        f"bind_host = {node.address}",
        f"bind_port = {there.port}",
        *(["cert_file = /etc/pki/glance.pem"] if there.scheme == "https" else []),
        f"worker_self_reference_url = {glance.url}",
        "node_staging_uri = file:///var/lib/glance/staging",
        "",
        "[glance_store]",
        f"default_backend = {glance.default}",
        "",
        "[os_glance_staging_store]",
        "filesystem_store_datadir = /var/lib/glance/staging",
        "",
        "[image_import_opts]",
        f"image_import_plugins = [{'image_conversion' if glance.conversion else ''}]",
        "",
        "[image_conversion]",
        f"output_format = {glance.output_format}",
        "",
        "[import_filtering_opts]",
        f"allowed_ports = [{','.join(map(str, glance.allowed_ports))}]",
    ]
    for store in glance.stores.values():
        lines += ["", f"[{store.id}]", f"store_description = {store.description}"]
        if store.cluster:
            lines += [
                f"rbd_store_ceph_conf = {store.conf}",
                f"rbd_store_user = {store.user}",
                f"rbd_store_pool = {store.pool}",
                "rbd_thin_provisioning = True",
            ]
    return "\n".join(lines) + "\n"


def nova_conf(site: Site, node: Node) -> str:
    nova = site.nova.at(node)
    lines = [
        "[DEFAULT]",
        f"host = {node.name}",
        f"my_ip = {node.address}",
        "",
        "[glance]",
        f"api_servers = {nova.glance_urls.get(node.name, nova.glance_url)}",
        "",
        "[cinder]",
        "catalog_info = volumev3::publicURL",
    ]
    if nova.cross_az_attach is not None:
        lines.append(f"cross_az_attach = {nova.cross_az_attach}")
    lines += ["", "[libvirt]", "virt_type = qemu", f"images_type = {nova.images_type}"]
    if nova.images_type == "rbd":
        lines += [
            f"images_rbd_pool = {nova.images_pool}",
            f"images_rbd_ceph_conf = {nova.ceph_conf}",
            "rbd_user = openstack",
        ]
        if nova.secret:
            lines.append(f"rbd_secret_uuid = {nova.secret}")
        if nova.glance_store:
            lines += [
                f"images_rbd_glance_store_name = {nova.glance_store}",
                f"images_rbd_glance_copy_timeout = {COPY_TIMEOUT}",
            ]
    if nova.never_download:
        lines += ["", "[workarounds]", "never_download_image_if_on_rbd = True"]
    return "\n".join(lines) + "\n"


def cinder_conf(site: Site, node: Node) -> str:
    cinder = site.cinder
    if cinder is None:
        return ""
    lines = [
        "[DEFAULT]",
        f"host = {'hostgroup' if site.central else node.name}",
        f"enabled_backends = {','.join(['tripleo_ceph', *cinder.more])}",
        f"storage_availability_zone = {cinder.zone}",
        f"glance_api_servers = {cinder.glance_url}",
    ]
    if cinder.cluster:
        lines.append(f"cluster = {cinder.cluster}")
    lines += [
        "",
        "[tripleo_ceph]",
        f"volume_driver = {cinder.driver}",
        "volume_backend_name = tripleo_ceph",
        f"rbd_ceph_conf = {cinder.ceph_conf}",
        f"rbd_cluster_name = {site.ceph.name}",
        "rbd_user = openstack",
        f"rbd_pool = {cinder.pool}",
        *([f"rbd_secret_uuid = {cinder.secret}"] if cinder.secret else []),
    ]
    if cinder.cluster:
        # as in the lab, a single service needs no etcd
        alone = len([each for each in site.nodes if "cinder-volume" in each.roles]) == 1
        etcd = f"etcd3+http://{site.nodes[0].address}:{ETCD_PORT}"
        locks = cinder.coordination or ("file:///var/lib/cinder/coordination" if alone else etcd)
        lines += ["", "[coordination]", f"backend_url = {locks}"]
    for backend, options in cinder.more.items():
        lines += ["", f"[{backend}]", *(f"{option} = {value}" for option, value in options.items())]
    return "\n".join(lines) + "\n"
