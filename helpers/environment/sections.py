"""The sections of an environment file: their keys, defaults and types."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    model_validator,
)

from helpers.environment.values import (
    Address,
    Bytes,
    CephName,
    GlanceUrl,
    HttpUrl,
    LocalPath,
    NetworkName,
    Port,
    Positive,
    RemotePath,
    Seconds,
    StackName,
    WholeSeconds,
    Word,
    as_tuple,
    container_pattern,
)

Runtime = Literal["podman", "docker", "cephadm", "host", "detect"]
ServiceName = Literal["glance", "nova_api", "nova_compute", "libvirt", "cinder_volume"]
Role = Literal["glance", "ceph-mon", "compute", "cinder-volume", "nova-api", "keystone", "haproxy"]
# `pairs` checks the number of names, with a clearer message
SitesOfPair = Annotated[tuple[Word, ...], BeforeValidator(as_tuple)]


class Section(BaseModel):
    """A section of the file. It is immutable, and rejects unknown keys.

    The docstring below a key is its description in the reference, which is generated from these models.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False, use_attribute_docstrings=True)


class Ssh(Section):
    """How nodes are reached.

    Paths are absolute after loading. `user=None` leaves the user to ssh_config. `config=None` reads no configuration at
    all, not even the user's. If `connect_timeout` is absent, ssh_config's ConnectTimeout takes precedence over the
    default. `check_host_keys=False` accepts any host key. Otherwise, ssh_config's StrictHostKeyChecking applies.
    """

    config: LocalPath | None = None
    """An OpenSSH client configuration file. The default is none: not even `~/.ssh/config` is read."""
    user: Word | None = None
    """The user who logs in to the nodes. By default, the user that the SSH configuration names."""
    sudo: StrictBool = True
    """Whether commands on the nodes run through `sudo`. The user needs `sudo` without a password."""
    known_hosts: LocalPath | None = None
    """The file of known host keys. By default, the file that the SSH configuration names, otherwise
    `~/.ssh/known_hosts`."""
    check_host_keys: StrictBool = True
    """Whether a host key must be known. `false` accepts any host key."""
    deadline: WholeSeconds = 60
    """How long one command on a node may take."""
    connect_timeout: WholeSeconds = 10
    """How long a connection to a node may take to open."""


class Console(Section):
    """What the guest image writes to its console, so that data can be followed from site to site."""

    booted: Word
    """Text that the guest writes to its console once it has booted (C9)."""
    marker: Word | None = None
    """The beginning of the line in which the guest lists the ids of the servers that have booted from this disk.
    Without it, D6 is skipped."""


class ImageSource(Section):
    """The guest image that the run imports. Choose a small image that boots at every site."""

    uri: HttpUrl | None = None
    """Where the Glance service of the central site downloads the image from. Either this or `file` is given."""
    file: LocalPath | None = None
    """A file of the machine that runs the checks, in place of `uri`. It is uploaded, as raw (`qemu-img` converts other
    formats), and B1 has Glance download it over HTTP from this machine. B1 is skipped where Glance cannot do that."""
    port: Port | None = None
    """Where `file` is served. By default port 80, which Glance downloads from unless its `allowed_ports` says
    otherwise, or any free port if this machine does not allow that."""
    disk_format: Literal["qcow2", "raw", "vmdk", "vdi", "vhd", "vhdx", "iso", "ploop", "ami", "ari", "aki"] = "qcow2"
    """The format of the image at that address."""
    container_format: Literal["bare", "ovf", "ova", "docker", "compressed", "ami", "ari", "aki"] = "bare"
    """The container format of the image at that address."""
    console: Console | None = None
    """What the guest writes to its console. Without it, C9 and D6 are skipped."""

    @property
    def local(self) -> Path:
        """The file. ValueError if the image is named by `uri`."""
        if self.file is None:
            raise ValueError(f"the image is {self.uri}, and no file")
        return self.file


class Limits(Section):
    """How much is asked of the sites at the same time. A larger deployment has a larger central site."""

    central: Positive = 4
    """How many stages act on the central site at the same time. If this key is absent, one more is allowed for every
    four sites."""
    site: Positive = 2
    """How many stages act on one DCN site at the same time."""
    reading: Positive = 4
    """How many stages that only read run at one site at the same time."""
    certificate_days: Positive = 14
    """For how many days the TLS certificate of a Glance must remain valid (A21)."""
    compare_bytes: Bytes = 2 * 1024**3
    """The size up to which the content of an image is compared between sites (B6)."""

    def of_sites(self, number: int) -> Limits:
        """These limits in a deployment with this number of sites."""
        if "central" in self.model_fields_set:
            return self
        return self.model_copy(update={"central": self.central + number // 4})


class Timeouts(Section):
    """How long one operation may take.

    `import` is a keyword of Python, so the field is named `import_`.
    """

    import_: WholeSeconds = Field(default=300, alias="import")
    """An import, for each store that it goes to."""
    copy_: WholeSeconds = Field(default=300, alias="copy")
    """A copy-image operation, for each store that it goes to."""
    delete: WholeSeconds = 120
    """The removal of an image, server, volume or snapshot."""
    api: WholeSeconds = 60
    """One API request."""
    boot: WholeSeconds = 300
    """A server, from the request until it is ACTIVE."""
    volume: WholeSeconds = 300
    """A volume, from the request until it is available."""
    snapshot: WholeSeconds = 600
    """A snapshot of a server or a volume."""


class Service(Section):
    """Where a service runs, and where its configuration and logs are."""

    container: Word | None = None
    """The name of the container that the service runs in. `null` means that it runs on the host itself."""
    config: Annotated[tuple[RemotePath, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    """The configuration files of the service, as paths inside its container."""
    logs: Annotated[tuple[RemotePath, ...], BeforeValidator(as_tuple)] = ()
    """The log files of the service, as paths on the host. A file that a host does not have is passed over."""


_LOGS = "/var/log/containers"
# as TripleO deploys them; the schedulers run beside the APIs
_SERVICES: Mapping[str, Mapping[str, object]] = {
    "glance": {
        "container": "glance_api",
        "config": ["/etc/glance/glance-api.conf"],
        "logs": [
            *(f"{_LOGS}/glance/{name}.log" for name in ("api", "api_internal")),
            # messages from before the service has a log file of its own
            *(f"{_LOGS}/stdouts/{name}.log" for name in ("glance_api", "glance_api_internal")),
        ],
    },
    # its logs are among those of glance
    "glance_internal": {"container": "glance_api_internal", "config": ["/etc/glance/glance-api.conf"]},
    "nova_api": {
        "container": "nova_api",
        "config": ["/etc/nova/nova.conf"],
        "logs": [
            *(f"{_LOGS}/nova/nova-{what}.log" for what in ("api", "scheduler", "conductor")),
            *(f"{_LOGS}/cinder/cinder-{what}.log" for what in ("api", "scheduler")),
        ],
    },
    "nova_compute": {
        "container": "nova_compute",
        "config": ["/etc/nova/nova.conf"],
        "logs": [f"{_LOGS}/nova/nova-compute.log"],
    },
    "libvirt": {"container": "nova_libvirt", "config": ["/etc/libvirt/qemu.conf"]},
    "cinder_volume": {
        "container": "cinder_volume",
        "config": ["/etc/cinder/cinder.conf"],
        "logs": [f"{_LOGS}/cinder/cinder-volume.log"],
    },
}
#: Role of a node → the service that runs there.
SERVICE_OF_ROLE: Mapping[str, str] = {
    "glance": "glance",
    "compute": "nova_compute",
    "cinder-volume": "cinder_volume",
    "nova-api": "nova_api",
}


class Services(Section):
    """Where services run, and where their configuration and logs are. The defaults are those of TripleO."""

    glance: Service
    """The Image service."""
    glance_internal: Service
    """The Image service of Nova and Cinder, where a site has `glance_internal`."""
    nova_api: Service
    """The Compute API."""
    nova_compute: Service
    """nova-compute."""
    libvirt: Service
    """Where `virsh` runs."""
    cinder_volume: Service
    """cinder-volume."""

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        merged: dict[object, object] = {name: dict(default) for name, default in _SERVICES.items()}
        for name, section in given.items():
            default = _SERVICES.get(name, {})
            merged[name] = {**default, **section} if isinstance(section, dict) else section
        return merged

    @staticmethod
    def usual(name: str) -> Service:
        """The service as TripleO deploys it."""
        return Service.model_validate(_SERVICES[name])

    def at_site(self, own: Mapping[ServiceName, ServiceOfSite]) -> Services:
        """The services of a site, whose own entries take precedence."""
        changes = {name: {key: getattr(given, key) for key in given.model_fields_set} for name, given in own.items()}
        return self.model_copy(update={name: self[name].model_copy(update=keys) for name, keys in changes.items()})

    def __getitem__(self, name: str) -> Service:
        if name not in type(self).model_fields:
            raise KeyError(f"no service {name}; services here: {', '.join(type(self).model_fields)}")
        service: Service = getattr(self, name)
        return service


class ServiceOfSite(Section):
    """Where a service runs at one site. A key that is absent is as in `services`, for all sites."""

    container: Word | None = None
    """The name of the container that the service runs in. `null` means that it runs on the host itself."""
    config: Annotated[tuple[RemotePath, ...], BeforeValidator(as_tuple)] = ()
    """The configuration files of the service, as paths inside its container."""
    logs: Annotated[tuple[RemotePath, ...], BeforeValidator(as_tuple)] = ()
    """The log files of the service, as paths on the host."""


class Pools(Section):
    """The names of a cluster's pools."""

    images: Word = "images"
    """The pool of the Image service."""
    vms: Word = "vms"
    """The pool of Nova."""
    volumes: Word = "volumes"
    """The pool of Cinder."""


#: The user that the guide has created for the other sites.
_DEDICATED = "external"


class Ceph(Section):
    """A site's Ceph cluster, and where its commands run."""

    cluster: CephName
    """The name of the cluster, as in `/etc/ceph/<cluster>.conf`."""
    runtime: Runtime = "detect"
    """Where `ceph` and `rbd` run: in the monitor's container of `podman` or `docker`, with `cephadm` in the one that it
    has deployed or by `cephadm shell`, or on the `host` itself. `detect` asks `ceph fsid` by each of these ways, in
    this order; before the `host`, also as the client that Cinder or Nova is there. It takes the first way that has an
    answer, and the preflight says which one that is."""
    mon_container: Annotated[str, AfterValidator(container_pattern)] | None = None
    """The name of the monitor container; `{hostname}` and `{fsid}` are filled in. By default `ceph-mon-{hostname}`,
    with cephadm `ceph-{fsid}-mon-{hostname}`."""
    min_mons: Positive = 3
    """How many monitors must be in the quorum (A16)."""
    pools: Pools = Pools()
    """The names of the pools."""
    client: CephName = _DEDICATED
    """The cephx user, without `client.`, that the other sites use. `external` is the guide's, and has exactly the
    capabilities of the guide; any other user may have more than copying images needs (A10)."""
    stats_period: Seconds = 5
    """The cluster's `mgr_stats_period`: how often its OSDs report what was read (C8)."""

    @property
    def client_is_dedicated(self) -> bool:
        """Whether `client` serves the other sites only, as the guide's user does."""
        return self.client == _DEDICATED


class Undercloud(Section):
    """Where the deployment's stacks can be listed."""

    host: Address
    """The undercloud: its name in the SSH configuration, or its address; `local` is this machine."""
    user: Word | None = None
    """The user who logs in to the undercloud. By default, the user that the SSH configuration names."""
    rc: Word = "stackrc"
    """The file with the undercloud's credentials. A relative path starts at the user's home directory."""
    stacks: Annotated[tuple[StackName, ...], BeforeValidator(as_tuple), Field(min_length=1)] | None = None
    """The stacks that must be complete. By default `control-plane`, and one stack for each DCN site, named as the site
    is."""


class Pod(Section):
    """A pod that a service runs in. Commands are run in it by `oc exec` or `kubectl exec`, without `sudo`."""

    name: Word
    """The name of the pod."""
    namespace: Word = "openstack"
    """The namespace of the pod."""
    container: Word | None = None
    """The container of the pod that the service runs in. By default, the one that `oc` takes."""
    program: Literal["oc", "kubectl"] = "oc"
    """What is installed at `address`, with credentials of the user who logs in there."""


class NodeEntry(Section):
    """A node, below its host name."""

    address: Address
    """Where SSH reaches the node; `local` is this machine, which the harness runs on."""
    roles: Annotated[tuple[Role, ...], BeforeValidator(as_tuple)] = ()
    """What runs on the node. What no node of a site has is not looked at there, and claims about it are unknown."""
    pod: Pod | None = None
    """The pod that takes the place of a machine; `address` is then where `oc` runs. What runs in it has no container in
    `services`."""


class SiteEntry(Section):
    """A site, below its name.

    `sites` checks what depends on several keys.
    """

    central: StrictBool = False
    """Whether this is the central site. Exactly one site is."""
    availability_zone: Word
    """The availability zone of the site in Nova and Cinder."""
    store: Word | None = None
    """The store id of this site at the central site's Glance. A site has both, `ceph` and `store`, or neither."""
    local_store: Word | None = None
    """The store id of this site at its own Glance. By default, the same as `store`."""
    central_store: Word | None = None
    """The store id of the central site at this site's Glance. By default `central`."""
    cinder_cluster: Word | None = None
    """The cluster that the site's cinder-volume services form (A15); `none` if they form none. By default the name of
    the site, and `none` for the central site."""
    glance: GlanceUrl | None = None
    """The endpoint of this site's own Glance, or of the HAProxy in front of it, without a version. A site with storage
    that has no Glance of its own has the same as the central site; A3 and A13 do not apply to it."""
    glance_internal: GlanceUrl | None = None
    """The endpoint of the Glance that Nova and Cinder of this site use, where it is another one than `glance`. It shows
    the locations of images, which `glance` hides (OSSN-0090). A DCN site whose only Glance is for services has this key
    alone; nobody imports images there, so that A5 and A7 require less of it."""
    via: Word | None = None
    """The node through whose SSH connection the Glances of this site are reached, if they are on a network that this
    machine does not reach. By default, they are reached directly."""
    ceph: Ceph | None = None
    """The site's Ceph cluster. A site without storage has none."""
    services: dict[ServiceName, ServiceOfSite] = {}
    """The services that run elsewhere at this site than at the other sites."""
    nodes: dict[str, NodeEntry] = {}
    """The nodes of the site, by host name."""


class File(Section):
    """The whole file."""

    cloud: Word
    """The entry of `clouds.yaml` that the checks use. It needs the role `admin`."""
    tenant: Word | None = None
    """The entry of `clouds.yaml` of an ordinary member of a project, without the role `admin`, that does the same work
    (C10). Without it, C10 is skipped."""
    clouds_file: LocalPath | None = None
    """The `clouds.yaml` file. By default, the places that openstacksdk searches: `./`, `~/.config/openstack`,
    `/etc/openstack`."""
    ssh: Ssh = Ssh()
    """How nodes are reached."""
    image: ImageSource
    """The guest image that the run imports."""
    flavor: Word | None = None
    """The flavor of the servers that the run boots. Without it, nothing is booted, and the checks that need a server
    are skipped. With `auto`, the run creates the smallest private flavor that boots an image, and removes it: one CPU,
    a disk of the image's virtual size, and the RAM that the image's `min_ram` asks for, otherwise 128 MiB, or 512 MiB
    if the disk is larger than 1 GiB."""
    network: NetworkName = "none"
    """The network of these servers. `{site}` is replaced by the name of the server's site. `none` boots servers without
    a network. With `auto`, the run creates one tenant network for all sites, and removes it; where Neutron offers no
    tenant networks, servers have no network."""
    ceph_warnings: Literal["fail", "warn"] = "fail"
    """Whether HEALTH_WARN fails A16, or is shown as a warning."""
    limits: Limits = Limits()
    """How much is asked of the sites at the same time."""
    timeouts: Timeouts = Timeouts()
    """How long single operations may take."""
    services: Services = Field(default_factory=lambda: Services.model_validate({}))
    """Where services run, and where their configuration and logs are."""
    undercloud: Undercloud | None = None
    """Where the stacks can be listed (A18). Without it, A18 is skipped."""
    deployment_files: LocalPath | None = None
    """The directory of the deployment files (E1-E7). The option `--deployment-files` takes precedence."""
    pairs: Annotated[tuple[SitesOfPair, ...], BeforeValidator(as_tuple), Field(min_length=1)] | None = None
    """The snapshot round trips (D1-D6), as `[origin, target]`. By default, they lead once around all DCN sites with
    storage."""
    other_stores: Annotated[tuple[Word, ...], BeforeValidator(as_tuple)] = ()
    """The ids of stores that belong to no site and that a Glance may have, such as `archive`. Any other store that
    belongs to no site fails A2, A3 or A19."""
    not_claimed: dict[Word, Word] = {}
    """The claims that this deployment does not make, each with the reason, such as `A15: cinder-volume is
    active/passive here`. A check of these claims alone is skipped with that reason."""
    sites: dict[str, SiteEntry]
    """The sites, by name. Site names are part of test ids, so that `-k dcn1` selects a site."""
