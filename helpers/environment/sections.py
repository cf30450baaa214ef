"""The sections of an environment file, as they stand there: their keys, defaults and types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)

from helpers.environment.values import (
    Address,
    CephName,
    GlanceUrl,
    HttpUrl,
    LocalPath,
    Positive,
    RemotePath,
    Seconds,
    StackName,
    Word,
    as_tuple,
    container_pattern,
)

Runtime = Literal["podman", "docker", "cephadm", "host", "detect"]
Role = Literal["glance", "ceph-mon", "compute", "cinder-volume", "nova-api", "keystone", "haproxy"]
# how many it names is checked in `sites`, in plainer words
SitesOfPair = Annotated[tuple[Word, ...], BeforeValidator(as_tuple)]


class Section(BaseModel):
    """A part of the file: it does not change, and knows its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


class Ssh(Section):
    """How nodes are reached. Paths are absolute after loading; `deadline` and `connect_timeout` are seconds.

    `user=None` leaves the user to ssh_config; `config=None` leaves out any file, the user's own included. Where
    `connect_timeout` is not given, ssh_config's ConnectTimeout goes before the default. `check_host_keys=False` accepts
    any host key; otherwise ssh_config's StrictHostKeyChecking holds.
    """

    config: LocalPath | None = None
    user: Word | None = None
    sudo: StrictBool = True
    known_hosts: LocalPath | None = None
    check_host_keys: StrictBool = True
    deadline: Positive = 60
    connect_timeout: Positive = 10


class Console(Section):
    """What the guest image writes to its console: `booted` once it is up; a line with `marker` names who booted before.

    The line names the ids of the servers that have written to this disk, so that a journey's data can be followed.
    """

    booted: Word
    marker: Word | None = None


class ImageSource(Section):
    """The guest image that the run imports: where central Glance downloads it from, and its form there."""

    uri: HttpUrl
    disk_format: Literal["qcow2", "raw", "vmdk", "vdi", "vhd", "vhdx", "iso", "ploop", "ami", "ari", "aki"] = "qcow2"
    container_format: Literal["bare", "ovf", "ova", "docker", "compressed", "ami", "ari", "aki"] = "bare"
    console: Console | None = None


class Limits(Section):
    """How many stages act at once on central and on a site, and how many only read there.

    Where the file does not say it, central is given one more for each four sites: a larger deployment has a larger one.
    `compare_bytes`: the largest image, in bytes, that is compared by content.
    """

    central: Positive = 4
    site: Positive = 2
    reading: Positive = 4
    compare_bytes: Annotated[StrictInt, Field(ge=0)] = 2 * 1024**3

    def of_sites(self, number: int) -> Limits:
        """These limits in a deployment of so many sites."""
        if "central" in self.model_fields_set:
            return self
        return self.model_copy(update={"central": self.central + number // 4})


class Timeouts(Section):
    """Seconds that one operation may take, an import or a copy for each of its stores.

    `import` is a word of Python's, so it is `import_` here.
    """

    import_: Positive = Field(default=300, alias="import")
    copy_: Positive = Field(default=300, alias="copy")
    delete: Positive = 120
    api: Positive = 60
    boot: Positive = 300
    volume: Positive = 300
    snapshot: Positive = 600


class Service(Section):
    """Where a service's configuration is: in this container, or on the host itself if `container` is None.

    `logs` are files of the host; one that is not there is none of this host's.
    """

    container: Word | None = None
    config: Annotated[tuple[RemotePath, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    logs: Annotated[tuple[RemotePath, ...], BeforeValidator(as_tuple)] = ()


_LOGS = "/var/log/containers"
# as TripleO deploys them; the schedulers are where the APIs are
_SERVICES: Mapping[str, Mapping[str, object]] = {
    "glance": {
        "container": "glance_api",
        "config": ["/etc/glance/glance-api.conf"],
        "logs": [f"{_LOGS}/glance/api.log"],
    },
    "nova_api": {
        "container": "nova_api",
        "config": ["/etc/nova/nova.conf"],
        "logs": [
            *(f"{_LOGS}/nova/nova-{what}.log" for what in ("api", "scheduler", "conductor")),
            f"{_LOGS}/cinder/cinder-scheduler.log",
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
    """The services whose configuration is read; what the file does not say is as TripleO deploys it."""

    glance: Service
    nova_api: Service
    nova_compute: Service
    libvirt: Service
    cinder_volume: Service

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

    def __getitem__(self, name: str) -> Service:
        if name not in type(self).model_fields:
            raise KeyError(f"no service {name}; services here: {', '.join(type(self).model_fields)}")
        service: Service = getattr(self, name)
        return service


class Pools(Section):
    """The names of a cluster's pools."""

    images: Word = "images"
    vms: Word = "vms"
    volumes: Word = "volumes"


class Ceph(Section):
    """A site's Ceph cluster: its name in `/etc/ceph/<cluster>.conf`, and where its commands run.

    `mon_container=None` is the runtime's own way of naming: `ceph-mon-{hostname}`, with cephadm
    `ceph-{fsid}-mon-{hostname}`. `client` is the user (without `client.`) that the other sites have. `stats_period`
    is the cluster's `mgr_stats_period`: the seconds after which its OSDs report what was read.
    """

    cluster: CephName
    runtime: Runtime = "detect"
    mon_container: Annotated[str, AfterValidator(container_pattern)] | None = None
    min_mons: Positive = 3
    pools: Pools = Pools()
    client: CephName = "external"
    stats_period: Seconds = 5


class Undercloud(Section):
    """Where the deployment's stacks can be asked for: an SSH host, and the file there that holds the credentials.

    `user=None` leaves the user to ssh_config; a relative `rc` is relative to that user's home. `stacks` are those
    that must be there; None stands for `control-plane` and one for each DCN site, named as the site is.
    """

    host: Address
    user: Word | None = None
    rc: Word = "stackrc"
    stacks: Annotated[tuple[StackName, ...], BeforeValidator(as_tuple), Field(min_length=1)] | None = None


class NodeEntry(Section):
    """A node, below its host name."""

    address: Address
    roles: Annotated[tuple[Role, ...], BeforeValidator(as_tuple)] = ()


class SiteEntry(Section):
    """A site, below its name. What depends on other keys is checked in `sites`."""

    central: StrictBool = False
    availability_zone: Word
    store: Word | None = None
    local_store: Word | None = None
    central_store: Word | None = None
    glance: GlanceUrl | None = None
    ceph: Ceph | None = None
    nodes: dict[str, NodeEntry] = {}


class File(Section):
    """The whole file."""

    cloud: Word
    clouds_file: LocalPath | None = None
    ssh: Ssh = Ssh()
    image: ImageSource
    flavor: Word | None = None
    network: Word = "none"
    ceph_warnings: Literal["fail", "warn"] = "fail"
    limits: Limits = Limits()
    timeouts: Timeouts = Timeouts()
    services: Services = Field(default_factory=lambda: Services.model_validate({}))
    undercloud: Undercloud | None = None
    deployment_files: LocalPath | None = None
    pairs: Annotated[tuple[SitesOfPair, ...], BeforeValidator(as_tuple), Field(min_length=1)] | None = None
    sites: dict[str, SiteEntry]
