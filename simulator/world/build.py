"""Build a healthy deployment of any size, as TripleO leaves it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from simulator.world.clock import Speed
from simulator.world.clusters import Cluster, Mon, Pool, cephx_key
from simulator.world.configuration import give_other_cluster, give_own_cluster, give_services
from simulator.world.guest import DOC_URI, FILE_NAME, guest_file
from simulator.world.nodes import Node
from simulator.world.sites import Cinder, Glance, Nova, Site, Store
from simulator.world.undercloud import undercloud
from simulator.world.world import World

CENTRAL = "central"
#: A store that belongs to no site, and its pool in central's cluster.
OTHER_STORE = "archive"
#: What makes a deployment another one than the guide's, by the options of `dcn-verify simulate`.
OPTIONS = {
    "--internal-glance": "Nova and Cinder have Glances of their own (OSSN-0090)",
    "--services-glance": "the Glance of a DCN site is for services alone: no web-download, no conversion",
    "--shared-glance": "DCN sites have no Glance: they use central's",
    "--edge-glance": "the last DCN site has no storage, and a Glance that keeps images in Cinder volumes",
    "--tls": "every Glance has TLS, with a private CA",
    "--no-undercloud": "nothing lists stacks, and there are no deployment files of TripleO",
    "--long-keys": "cephx keys have 32 bytes, as those of Ceph Tentacle",
    "--other-store": f"every Glance has the store {OTHER_STORE}, which belongs to no site",
}
# below the addresses of central's nodes
UNDERCLOUD_ADDRESS = "127.0.0.9"
GLANCE, OTHER_GLANCE = "glance_api", "image_service"
_DEFAULT_STORE = "default_backend"
_CENTRAL_ROLES = ("keystone", "nova-api", "glance", "ceph-mon", "compute", "cinder-volume")
_HCI_ROLES = ("glance", "ceph-mon", "compute", "cinder-volume")
_SCALE_OUT_ROLES = ("compute", "haproxy")
MOST_MONS = 3
#: What the user may do who serves Glance, Nova and Cinder at a site and the Glances of the others: TripleO's
#: CephClientUserName with its pools, and Ceph's "Block Devices and OpenStack" of before the profiles.
SHARED_CAPS = {
    "profile": {"osd": ", ".join(f"profile rbd pool={pool}" for pool in ("vms", "volumes", "images", "backups"))},
    "allow": {
        "mon": "allow r",
        "osd": "allow class-read object_prefix rbd_children, allow rwx pool=volumes, allow rwx pool=vms, "
        "allow rwx pool=images",
    },
}
_SERVICES = ("identity", "image", "volume", "compute", "placement", "network", "files", "admin")


def address(site: int, node: int) -> str:
    """Return the loopback address of a node; site 0 is central."""
    return f"127.{site // 250}.{site % 250}.{10 + node}"


def port(base: int, service: str) -> int:
    """Return the port of a service; SSH and an internal Glance come last."""
    return base + (*_SERVICES, "ssh", "image-internal").index(service)


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
    volume_cluster: str | None = None,
    shared_user: str | None = None,
    absent_images: str = "stream",
    clone_v2: bool = False,
    options: Collection[str] = (),
    cephadm: bool = False,
    docker: bool = False,
    other_containers: Sequence[str] = (),
    glances_behind_nodes: Sequence[str] = (),
    pods: bool = False,
    seed: int | None = None,
) -> World:
    """Build a central site and `dcn` DCN sites, each with `nodes` machines, of which up to three are Ceph monitors.

    Further machines of a DCN site are scale-out nodes: compute nodes with a HAProxy in place of Glance.

    With `same_store_names`, every site's own Glance names its own store as central does (TripleO without
    GlanceBackendID). With `other_zone_names`, the availability zones are not named like the sites. `volume_cluster` is
    the cluster of every DCN site's volume services, or `none`. `shared_user` is a key of `SHARED_CAPS`. `absent_images`
    is what Nova does with an image that a site has no copy of, `stream`, `copy`, `copy-only` or `refuse`. With
    `clone_v2`, RBD clones need no protected parent. `options` are among `OPTIONS`. With `cephadm`, monitors run in
    containers of cephadm's, without an admin keyring. With `docker`, it runs all containers. The sites in
    `other_containers` have another name for Glance's container, and only the nodes of those in `glances_behind_nodes`
    reach the site's Glance. With `pods`, Glances run in pods, to which the undercloud's `oc` leads. With a `seed`,
    steps and answers are delayed at random.
    """
    names = [CENTRAL, *(f"dcn{number}" for number in range(dcn))]
    bare = {*without_storage, *(names[1:][-1:] if "--edge-glance" in options else ())}
    sites = [_site(number, name, nodes, base, name not in bare, shared_user) for number, name in enumerate(names)]
    for site in sites:
        if site.name in without_compute:
            for node in site.nodes:
                node.roles = tuple(role for role in node.roles if role != "compute")
    internal = {name: _make_internal(site) for name in glances_behind_nodes for site in sites if site.name == name}
    machine = undercloud(UNDERCLOUD_ADDRESS, port(base, "ssh"), names[1:])
    world = World(sites, machine, speed, service_urls(base), seed)
    world.options = frozenset(options)
    world.internal = {host: address for host, address in internal.values()}
    for site in world.storage_sites:
        site.local_store = _DEFAULT_STORE if same_store_names else site.store
        _give_stores(world, site)
        site.ceph.min_client = "mimic" if clone_v2 else "luminous"
        if "--long-keys" in options:
            for user in site.ceph.users.values():
                user.key = cephx_key(2)
        site.nova.never_download = absent_images in ("refuse", "copy-only")
        site.nova.glance_store = (site.local_store or "") if absent_images.startswith("copy") else ""
    shared = [site for site in sites if "--shared-glance" in options and not site.central]
    for site in world.storage_sites:
        if site in shared:
            _use_central_glance(world, site)
            continue
        for_services = "--services-glance" in options and not site.central
        if for_services:
            site.images.import_methods, site.images.conversion = ["copy-image", "glance-direct"], False
        if "--other-store" in options:
            _give_other_store(world, site)
        if "--internal-glance" in options and not for_services:
            _give_internal_glance(site, base)
    if "--edge-glance" in options and not sites[-1].central:
        _give_edge_glance(world, sites[-1], base)
    for site in sites if other_zone_names else ():
        site.zone = site.nova.zone = f"az-{site.name}"
        if site.cinder:
            site.cinder.zone = site.zone
    for site in world.dcn_sites if volume_cluster else ():
        if site.cinder:
            site.cinder.cluster = None if volume_cluster == "none" else volume_cluster
    for site in sites:
        for node in site.nodes:
            node.cephadm = cephadm
            if site.cluster:
                give_own_cluster(node, site.cluster)
            for other in world.storage_sites if site.central else [world.central] if site.glance else []:
                if other is not site and site not in shared:
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
    if "--tls" in options:
        _secure(world)
    files = world.urls["files"]
    world.internet = {f"{files}/{FILE_NAME}": guest_file(mebibytes), DOC_URI: guest_file(mebibytes)}
    return world


def _site(number: int, name: str, count: int, base: int, storage: bool, shared_user: str | None) -> Site:
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
    mons = [Mon(node.name, node.address) for node in nodes if "ceph-mon" in node.roles]
    client, caps = ("openstack", SHARED_CAPS[shared_user]) if shared_user else ("external", {})
    scale_out = [node for node in nodes if "haproxy" in node.roles]
    nova.glance_urls = {node.name: f"http://{node.address}:{port(base, 'image')}" for node in scale_out}
    return Site(
        name=name,
        central=central,
        zone=name,
        nodes=nodes,
        nova=nova,
        cluster=Cluster(name, mons, client=client, client_caps=caps),
        glance=Glance(url, allowed_ports=[80, 443, port(base, "files")]),
        cinder=Cinder(url, name, None if central else name, ceph_conf=conf, secret=nova.secret),
        central_store=None if central else CENTRAL,
        store=_DEFAULT_STORE if central else name,
    )


def _use_central_glance(world: World, site: Site) -> None:
    """Take the site's Glance away, and have Nova and Cinder use central's; one database serves all as before."""
    central = world.central
    site.glance, site.internal_glance = central.glance, central.internal_glance
    site.central_store = site.local_store = None
    site.nova.glance_url, site.nova.glance_urls = central.nova.glance_url, {}
    if site.cinder:
        site.cinder.glance_url = central.nova.glance_url
    for node in site.nodes:
        node.images_from = None
        node.roles = tuple(role for role in node.roles if role not in ("glance", "haproxy"))


def _give_edge_glance(world: World, site: Site, base: int) -> None:
    """Give a site without storage a Glance with a store of Cinder volumes, and with central's to stream from."""
    url = f"http://{site.nodes[0].address}:{port(base, 'image')}"
    central = Store(
        CENTRAL, world.central.ceph, "external", "central rbd glance store", conf=f"/etc/ceph/{CENTRAL}.conf"
    )
    own = Store("edge", None, description="cinder volumes", kind="cinder")
    stores = {store.id: store for store in (own, central)}
    site.glance = Glance(url, stores, own.id, conversion=False)
    site.nova.glance_url = url
    for node in site.nodes:
        node.roles = ("glance", *node.roles)


def _secure(world: World) -> None:
    """Have every Glance named by https."""

    def secured(url: str) -> str:
        return url.replace("http:", "https:", 1)

    world.urls["image"] = secured(world.urls["image"])
    glances = {id(one): one for site in world.sites.values() for one in (site.glance, site.internal_glance) if one}
    for glance in glances.values():
        glance.url = secured(glance.url)
    for site in world.sites.values():
        site.nova.glance_url = secured(site.nova.glance_url)
        site.nova.glance_urls = {node: secured(url) for node, url in site.nova.glance_urls.items()}
        if site.cinder:
            site.cinder.glance_url = secured(site.cinder.glance_url)


def _give_internal_glance(site: Site, base: int) -> None:
    """Give Nova and Cinder a Glance of their own, with the same stores; the other one hides the locations then."""
    outer = site.images
    site.internal_glance = inner = replace(outer, url=outer.url.replace(*_ports(base)))
    outer.show_locations = outer.show_direct_url = False
    site.nova.glance_url = inner.url
    site.nova.glance_urls = {node: url.replace(*_ports(base)) for node, url in site.nova.glance_urls.items()}
    if site.cinder:
        site.cinder.glance_url = inner.url


def _ports(base: int) -> tuple[str, str]:
    return f":{port(base, 'image')}", f":{port(base, 'image-internal')}"


def _give_other_store(world: World, site: Site) -> None:
    pools = world.central.ceph.pools
    pools.setdefault(OTHER_STORE, Pool(OTHER_STORE, len(pools) + 1))
    conf = f"/etc/ceph/{CENTRAL}.conf"
    user = "openstack" if site.central else "external"
    store = Store(OTHER_STORE, world.central.ceph, user, "for archives", OTHER_STORE, conf)
    site.images.stores[store.id] = store


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
        user = "openstack" if at is site else at.ceph.client
        return Store(identifier, at.ceph, user, f"{at.name} rbd glance store", conf=f"/etc/ceph/{at.name}.conf")

    own = store(site.local_store or site.name, site)
    others = world.storage_sites if site.central else [central]
    remote = [store(CENTRAL if at.central else at.name, at) for at in others if at is not site]
    glance.default = own.id
    glance.stores = {each.id: each for each in (own, Store("http", None), *remote)}
