"""kolla-ansible's files as operators keep them: healthy, in several shapes.

Their shape is that of openstack/kolla-ansible's `external-ceph-guide.rst` and of its roles' templates.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from helpers.tripleo.example import cephx_key

SECRET, CINDER_SECRET = (str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) for name in ("nova.example", "cinder.example"))


@dataclass(frozen=True)
class Region:
    """A site: its zone, the name of its cluster's conf, and its hosts."""

    index: int
    cluster: str
    zone: str
    spaced: bool = False

    @property
    def store(self) -> str:
        return f"{self.cluster}-rbd"

    @property
    def fsid(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.index}.kolla.example"))

    @property
    def monitors(self) -> list[str]:
        return [f"198.18.{10 + self.index}.{i}" for i in (21, 22, 23)]

    @property
    def hosts(self) -> list[str]:
        return [f"{self.cluster}-compute-{i}" for i in (1, 2)]

    def key(self, user: str) -> str:
        return cephx_key(f"kolla {self.index} {user}")

    def conf(self, user: str = "") -> str:
        named = f"keyring = /etc/ceph/{self.cluster}.client.{user}.keyring\n" if user else ""
        addresses = ", ".join(self.monitors)
        option = "mon host" if self.spaced else "mon_host"
        return (
            f"[global]\nfsid = {self.fsid}\n{named}mon_initial_members = a, b, c\n{option} = {addresses}\n"
            "auth_cluster_required = cephx\nauth_client_required = cephx\n"
        )

    def keyring(self, user: str) -> str:
        quoted = f'"{self.key(user)}"' if self.spaced else self.key(user)
        return f"[client.{user}]\n\tkey = {quoted}\n"


REGIONS = (
    Region(0, "ceph", "nova"),
    Region(1, "lyon", "az-lyon"),
    Region(2, "nice", "az-nice", spaced=True),
)


def write(folder: Path, name: str, content: Any) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False, width=200))


def variables(regions: Iterable[Region]) -> dict[str, Any]:
    glance, cinder = [], []
    for region in regions:
        entry = {"name": region.store, "type": "rbd", "cluster": region.cluster, "user": "glance", "pool": "images"}
        glance.append(entry | {"enabled": "{{ glance_backend_ceph | bool }}"})
        volumes = {"name": region.store, "cluster": region.cluster, "user": "cinder", "pool": "volumes"}
        zone = {"availability_zone": region.zone} if region.index else {}
        cinder.append(volumes | zone | {"enabled": "{{ cinder_backend_ceph | bool }}"})
    return {
        "kolla_base_distro": "debian",
        "kolla_internal_vip_address": "198.18.0.10",
        "enable_cinder": "yes",
        "glance_backend_ceph": "yes",
        "cinder_backend_ceph": "yes",
        "nova_backend_ceph": "yes",
        "glance_ceph_backends": glance,
        "cinder_ceph_backends": cinder,
        "cinder_backup_ceph_backend": {"name": "backup", "cluster": "ceph", "user": "cinder-backup", "pool": "backups"},
    }


def custom(folder: Path, regions: tuple[Region, ...] = REGIONS) -> None:
    """globals.yml, passwords.yml and the inventory, with config/ beside them."""
    write(folder, "globals.yml", "---\n" + yaml.safe_dump(variables(regions), sort_keys=False))
    passwords = {"keystone_admin_password": "x", "rbd_secret_uuid": SECRET, "cinder_rbd_secret_uuid": CINDER_SECRET}
    write(folder, "passwords.yml", passwords)
    inventory = ["[control]", "control[01:03]", "", "[compute]"]
    inventory += [f"{host} ceph_cluster={region.cluster}" for region in regions for host in region.hosts]
    write(folder, "multinode", "\n".join([*inventory, "", "[compute:vars]", "x=y", ""]))
    write(folder, "config/glance.conf", "[DEFAULT]\nshow_image_direct_url = True\nshow_multiple_locations = True\n")
    write(folder, "config/nova.conf", "[DEFAULT]\ncpu_allocation_ratio = 4\n[cinder]\ncross_az_attach = false\n")
    write(folder, "config/nova/policy.yaml", "{}\n")
    for region in regions:
        name = region.cluster
        write(folder, f"config/glance/{name}.conf", region.conf("glance"))
        write(folder, f"config/glance/{name}.client.glance.keyring", region.keyring("glance"))
        write(folder, f"config/cinder/{name}.conf", region.conf())
        write(folder, f"config/cinder/cinder-volume/{name}.client.cinder.keyring", region.keyring("cinder"))
        write(folder, f"config/cinder/cinder-backup/{name}.client.cinder.keyring", region.keyring("cinder"))
        for host in region.hosts:
            write(folder, f"config/nova/{host}/{name}.conf", region.conf())
            write(folder, f"config/nova/{host}/{name}.client.cinder.keyring", region.keyring("cinder"))
    backup = "config/cinder/cinder-backup/ceph.client.cinder-backup.keyring"
    write(folder, backup, regions[0].keyring("cinder-backup"))


def glance_conf(regions: tuple[Region, ...]) -> str:
    stores = "".join(f", {region.store}:rbd" for region in regions)
    sections = "".join(
        f"\n[{region.store}]\nrbd_store_user = glance\nrbd_store_pool = images\n"
        f"rbd_store_ceph_conf = /etc/ceph/{region.cluster}.conf\n"
        for region in regions
    )
    return (
        "[DEFAULT]\nlog_file = /var/log/kolla/glance/glance-api.log\n"
        f"enabled_backends = http:http, cinder:cinder{stores}\n"
        f'\n[glance_store]\ndefault_backend = "{regions[0].store}"\n{sections}\n'
        "[cinder]\ncinder_store_user_name = glance\n"
    )


def cinder_conf(regions: tuple[Region, ...]) -> str:
    sections = "".join(
        f"\n[{region.store}]\nvolume_driver = cinder.volume.drivers.rbd.RBDDriver\n"
        f"volume_backend_name = {region.store}\nrbd_pool = volumes\n"
        f"rbd_ceph_conf = /etc/ceph/{region.cluster}.conf\nrbd_user = cinder\n"
        f"rbd_cluster_name = {region.cluster}\nrbd_secret_uuid = {CINDER_SECRET}\n"
        + (f"backend_availability_zone = {region.zone}\n" if region.index else "")
        for region in regions
    )
    return (
        "[DEFAULT]\nglance_api_servers = http://198.18.0.10:9292\n"
        f"enabled_backends = {','.join(region.store for region in regions)}\n{sections}"
    )


def nova_conf(region: Region) -> str:
    return (
        "[DEFAULT]\nlog_dir = /var/log/kolla/nova\n[glance]\napi_servers = http://198.18.0.10:9292\n"
        "[cinder]\ncatalog_info = block-storage::internalURL\ncross_az_attach = False\n"
        "[libvirt]\nimages_type = rbd\nimages_rbd_pool = vms\n"
        f"images_rbd_ceph_conf = /etc/ceph/{region.cluster}.conf\nrbd_user = cinder\nrbd_secret_uuid = {SECRET}\n"
        f"images_rbd_glance_store_name = {region.store}\n"
    )


def rendered(folder: Path, regions: tuple[Region, ...] = REGIONS, above: str = "{}/etc/kolla") -> None:
    """/etc/kolla of two controllers and of each compute node."""
    for control in ("control01", "control02"):
        tree = above.format(control)
        write(folder, f"{tree}/glance-api/glance-api.conf", glance_conf(regions))
        write(folder, f"{tree}/glance-api/config.json", '{"command": "glance-api"}')
        write(folder, f"{tree}/cinder-volume/cinder.conf", cinder_conf(regions))
        write(folder, f"{tree}/keystone/keystone.conf", "[DEFAULT]\n")
        for region in regions:
            name = region.cluster
            write(folder, f"{tree}/glance-api/ceph/{name}.conf", region.conf("glance"))
            write(folder, f"{tree}/glance-api/ceph/{name}.client.glance.keyring", region.keyring("glance"))
            write(folder, f"{tree}/cinder-volume/ceph/{name}.conf", region.conf())
            write(folder, f"{tree}/cinder-volume/ceph/{name}.client.cinder.keyring", region.keyring("cinder"))
    for region in regions:
        for host in region.hosts:
            tree, name = above.format(host), region.cluster
            write(folder, f"{tree}/nova-compute/nova.conf", nova_conf(region))
            write(folder, f"{tree}/nova-compute/{name}.conf", region.conf())
            write(folder, f"{tree}/nova-compute/{name}.client.cinder.keyring", region.keyring("cinder"))
            write(folder, f"{tree}/nova-libvirt/{name}.conf", region.conf())
            for secret in (SECRET, CINDER_SECRET):
                write(folder, f"{tree}/nova-libvirt/secrets/{secret}.xml", "<secret/>\n")
                write(folder, f"{tree}/nova-libvirt/secrets/{secret}.base64", region.key("cinder"))


def both(folder: Path) -> None:
    """What the deploying host has, with what the other hosts have beside it."""
    custom(folder)
    rendered(folder, above="collected/{}")


def split_variables(folder: Path) -> None:
    """Variables in globals.d, clusters in host_vars, and Glance's stores in its own configuration."""
    custom(folder)
    given = variables(REGIONS)
    write(folder, "globals.d/glance.yml", {"glance_ceph_backends": given.pop("glance_ceph_backends")})
    write(folder, "globals.d/cinder.yml", {"cinder_ceph_backends": given.pop("cinder_ceph_backends")})
    write(folder, "globals.yml", given)
    (folder / "multinode").unlink()
    for region in REGIONS:
        for host in region.hosts:
            write(folder, f"inventory/host_vars/{host}.yml", {"ceph_cluster": region.cluster})
    stores = ",".join(f"{region.store}:rbd" for region in REGIONS)
    config = f"[DEFAULT]\nenabled_backends = {stores},http:http,cinder:cinder\n"
    write(folder, "config/glance/glance-api.conf", config + '[glance_store]\ndefault_backend = "ceph-rbd"\n')


def hosts_folders_only(folder: Path) -> None:
    """Without an inventory: each host's folder has its cluster's conf."""
    custom(folder)
    (folder / "multinode").unlink()


def one_secret(folder: Path) -> None:
    """One UUID for all secrets, and no zones' names in the clusters' names."""
    regions = (Region(0, "ceph1", "nova"), Region(1, "ceph2", "az2"), Region(2, "ceph3", "az3"))
    rendered(folder, regions)
    for path in folder.rglob("*.conf"):
        path.write_text(path.read_text().replace(CINDER_SECRET, SECRET))
    for path in folder.rglob(f"{CINDER_SECRET}.*"):
        path.unlink()


def single(folder: Path) -> None:
    """One cluster, with kolla-ansible's own defaults: no list of backends, no zones."""
    write(
        folder, "globals.yml", {"kolla_base_distro": "rocky", "glance_backend_ceph": True, "cinder_backend_ceph": True}
    )
    for service in ("glance", "cinder", "nova"):
        write(folder, f"config/{service}/ceph.conf", REGIONS[0].conf())
    write(folder, "config/glance/ceph.client.glance.keyring", REGIONS[0].keyring("glance"))
    write(folder, "config/cinder/cinder-volume/ceph.client.cinder.keyring", REGIONS[0].keyring("cinder"))
    write(folder, "config/nova/ceph.client.cinder.keyring", REGIONS[0].keyring("cinder"))


def two(folder: Path) -> None:
    custom(folder, REGIONS[:2])


def of_variables(folder: Path) -> None:
    """Backends whose cluster, user and pool are other variables, as in kolla-ansible's own defaults."""
    custom(folder)
    path = folder / "globals.yml"
    text = path.read_text().replace("cluster: ceph\n", "cluster: '{{ ceph_cluster }}'\n")
    text = text.replace("user: cinder\n", "user: '{{ ceph_cinder_user }}'\n")
    path.write_text(text.replace("pool: images\n", "pool: '{{ ceph_glance_pool_name }}'\n"))


def ceph_conf_everywhere(folder: Path) -> None:
    """On the compute nodes of each site, its cluster's conf is called ceph.conf."""
    rendered(folder)
    for region in REGIONS[1:]:
        for host in region.hosts:
            tree = folder / f"{host}/etc/kolla/nova-compute"
            (tree / f"{region.cluster}.conf").rename(tree / "ceph.conf")
            (tree / f"{region.cluster}.client.cinder.keyring").rename(tree / "ceph.client.cinder.keyring")
            nova = tree / "nova.conf"
            nova.write_text(nova.read_text().replace(f"/etc/ceph/{region.cluster}.conf", "/etc/ceph/ceph.conf"))


def beside_old_copies(folder: Path) -> None:
    """config/ as it was before, under another name."""
    custom(folder)
    write(folder, "config.bak/glance/lyon.conf", REGIONS[2].conf())
    write(folder, "config.bak/glance/lyon.client.glance.keyring", REGIONS[0].keyring("glance"))
    write(folder, "config.bak/nova.conf", "[cinder]\ncross_az_attach = true\n")


HEALTHY = {
    "globals.yml and config": custom,
    "rendered trees": rendered,
    "both": both,
    "variables in several places": split_variables,
    "folders of hosts only": hosts_folders_only,
    "one secret, other names": one_secret,
    "variables of variables": of_variables,
    "ceph.conf on every compute node": ceph_conf_everywhere,
    "beside old copies": beside_old_copies,
    "one cluster": single,
    "two clusters": two,
}
