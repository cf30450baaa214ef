"""Build a healthy deployment of any size, as TripleO leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from simulator.world.clock import Speed
from simulator.world.clusters import Cluster, Mon
from simulator.world.configuration import give_other_cluster, give_own_cluster, give_services
from simulator.world.guest import DOC_URI, FILE_NAME, guest_file
from simulator.world.nodes import Node
from simulator.world.sites import Cinder, Glance, Nova, Site, Store
from simulator.world.undercloud import undercloud
from simulator.world.world import World

CENTRAL = "central"
# below the addresses of central's nodes
UNDERCLOUD_ADDRESS = "127.0.0.9"
GLANCE, OTHER_GLANCE = "glance_api", "image_service"
_DEFAULT_STORE = "default_backend"
_CENTRAL_ROLES = ("keystone", "nova-api", "glance", "ceph-mon", "compute", "cinder-volume")
_HCI_ROLES = ("glance", "ceph-mon", "compute", "cinder-volume")
_SCALE_OUT_ROLES = ("compute", "haproxy")
MOST_MONS = 3
_SERVICES = ("identity", "image", "volume", "compute", "placement", "network", "files", "admin")


def address(site: int, node: int) -> str:
    """Return the loopback address of a node; site 0 is central."""
    return f"127.{site // 250}.{site % 250}.{10 + node}"


def port(base: int, service: str) -> int:
    """Return the port of a service; SSH comes last."""
    return base + (*_SERVICES, "ssh").index(service)


def service_urls(base: int) -> dict[str, str]:
    """Return the URLs of the central services, without a path."""
    return {service: f"http://{address(0, 0)}:{port(base, service)}" for service in _SERVICES}


def healthy_world(
    dcn: int,
    nodes: int = 1,
    speed: Speed = "lab",
    base: int = 20000,
    mebibytes: int = 8,
    without_storage: Sequence[str] = (),
    without_compute: Sequence[str] = (),
    same_store_names: bool = False,
    other_zone_names: bool = False,
    cephadm: bool = False,
    docker: bool = False,
    other_containers: Sequence[str] = (),
    internal_glances: Sequence[str] = (),
    pods: bool = False,
    seed: int | None = None,
) -> World:
    """Build a central site and `dcn` DCN sites, each with `nodes` machines, of which up to three are Ceph monitors.

    Further machines of a DCN site are scale-out nodes: compute nodes with a HAProxy in place of Glance.

    With `same_store_names`, every site's own Glance names its own store as central does (TripleO without
    GlanceBackendID). With `other_zone_names`, the availability zones are not named like the sites. With `cephadm`,
    monitors run in containers of cephadm's, without an admin keyring. With `docker`, it runs all containers. The sites
    in `other_containers` have another name for Glance's container, and only the nodes of those in `internal_glances`
    reach the site's Glance. With `pods`, Glances run in pods, to which the undercloud's `oc` leads. With a `seed`,
    steps and answers are delayed at random.
    """
    names = [CENTRAL, *(f"dcn{number}" for number in range(dcn))]
    sites = [_site(number, name, nodes, base, name not in without_storage) for number, name in enumerate(names)]
    for site in sites:
        if site.name in without_compute:
            for node in site.nodes:
                node.roles = tuple(role for role in node.roles if role != "compute")
    internal = {name: _make_internal(site) for name in internal_glances for site in sites if site.name == name}
    machine = undercloud(UNDERCLOUD_ADDRESS, port(base, "ssh"), names[1:])
    world = World(sites, machine, speed, service_urls(base), seed)
    world.internal = {host: address for host, address in internal.values()}
    for site in world.storage_sites:
        site.local_store = _DEFAULT_STORE if same_store_names else site.store
        _give_stores(world, site)
    for site in sites if other_zone_names else ():
        site.zone = site.nova.zone = f"az-{site.name}"
        if site.cinder:
            site.cinder.zone = site.zone
    for site in sites:
        for node in site.nodes:
            node.cephadm = cephadm
            if site.cluster:
                give_own_cluster(node, site.cluster)
            for other in world.storage_sites if site.central else [world.central] if site.cluster else []:
                if other is not site:
                    give_other_cluster(node, other.ceph)
            node.engine = "docker" if docker else "podman"
            give_services(node, site)
            if pods and GLANCE in node.containers:
                node.containers[GLANCE].ceph = True
                world.pods[f"glance-{node.name}-api-0"] = node
            if site.name in other_containers and GLANCE in node.containers:
                container = node.containers.pop(GLANCE)
                container.name = OTHER_GLANCE
                node.containers[OTHER_GLANCE] = container
    files = world.urls["files"]
    world.internet = {f"{files}/{FILE_NAME}": guest_file(mebibytes), DOC_URI: guest_file(mebibytes)}
    return world


def _site(number: int, name: str, count: int, base: int, storage: bool) -> Site:
    central = number == 0
    kind = "control-plane-controller" if central else f"{name}-distributedcompute{'hci' if storage else ''}"
    roles = _CENTRAL_ROLES if central else _HCI_ROLES if storage else ("compute",)
    nodes = []
    for index in range(count):
        here: tuple[str, ...] = roles
        machine = f"{kind}-{index}"
        if storage and index >= MOST_MONS:
            here = tuple(role for role in roles if role != "ceph-mon") if central else _SCALE_OUT_ROLES
            machine = machine if central else f"{kind}scaleout-{index - MOST_MONS}"
        nodes.append(Node(machine, name, address(number, index), here, port(base, "ssh"), images_from=name))
    url = f"http://{address(number, 0)}:{port(base, 'image')}"
    if not storage:
        nova = Nova(f"http://{address(0, 0)}:{port(base, 'image')}", name, cross_az_attach=False, images_type="qcow2")
        return Site(name, central, name, nodes, nova)
    conf = f"/etc/ceph/{name}.conf"
    nova = Nova(url, name, cross_az_attach=None if central else False, ceph_conf=conf)
    scale_out = [node for node in nodes if "haproxy" in node.roles]
    nova.glance_urls = {node.name: f"http://{node.address}:{port(base, 'image')}" for node in scale_out}
    return Site(
        name=name,
        central=central,
        zone=name,
        nodes=nodes,
        nova=nova,
        cluster=Cluster(name, [Mon(node.name, node.address) for node in nodes if "ceph-mon" in node.roles]),
        glance=Glance(url, allowed_ports=[80, 443, port(base, "files")]),
        cinder=Cinder(url, name, None if central else name, ceph_conf=conf, secret=nova.secret),
        central_store=None if central else CENTRAL,
        store=_DEFAULT_STORE if central else name,
    )


def _make_internal(site: Site) -> tuple[str, str]:
    """Give the site's Glance a name that only the site's nodes resolve. Returns the name and the address."""
    known, name = urlsplit(site.images.url), f"glance.{site.name}.internal"
    url = site.images.url.replace(str(known.hostname), name)
    site.images.url = site.nova.glance_url = url
    if site.cinder:
        site.cinder.glance_url = url
    return name, str(known.hostname)


def _give_stores(world: World, site: Site) -> None:
    glance, central = site.images, world.central

    def store(identifier: str, at: Site) -> Store:
        user = "openstack" if at is site else "external"
        return Store(identifier, at.ceph, user, f"{at.name} rbd glance store", conf=f"/etc/ceph/{at.name}.conf")

    own = store(site.local_store or site.name, site)
    others = world.storage_sites if site.central else [central]
    remote = [store(CENTRAL if at.central else at.name, at) for at in others if at is not site]
    glance.default = own.id
    glance.stores = {each.id: each for each in (own, Store("http", None), *remote)}
