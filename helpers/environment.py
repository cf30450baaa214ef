"""The environment file: which sites a deployment has, and where its parts are.

It is read once, before anything is collected or created, and every mistake in it is one line: file, key,
value and fix.
Credentials are not in it; it names `clouds.yaml` and `ssh_config`. Examples: `environments/`.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Union
from urllib.parse import urlsplit

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    ValidationError,
    model_validator,
)

from helpers.redact import redact
from helpers.ssh_config import BadSshConfig, SshConfig

Runtime = Literal["podman", "docker", "cephadm", "host", "detect"]
Role = Literal["glance", "ceph-mon", "compute", "cinder-volume", "nova-api", "keystone", "haproxy"]

# a hundred sites of three nodes are about 60 kB
_LARGEST_FILE = 1024 * 1024
_MOST_NODES = 100_000
# what `pytest -k` and a node id take as one word
_SITE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_WORDS_OF_PYTEST_K = frozenset({"and", "or", "not"})
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_-]+)*\.?")


class BadEnvironment(Exception):
    """A mistake in the environment file, in one line: file, key path, value where it is no secret, fix.

    `file`, `key` (such as `sites.dcn0.store`; empty when the file as a whole is meant) and `problem` are its
    parts.
    """

    def __init__(self, file: Path, key: str, problem: str) -> None:
        self.file, self.key = file, key
        self.problem = redact(" ".join(problem.split()))
        super().__init__(": ".join(part for part in (str(file), key, self.problem) if part))


# --- values


def _url(value: str) -> str:
    shown = repr(redact(value))
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{shown} is not a URL ({error}); write it like http://192.0.2.10:9292") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", value) or port == 0:
        raise ValueError(f"{shown} is not an http(s) URL; write it like http://192.0.2.10:9292")
    if parts.username or parts.password:
        raise ValueError(f"{shown} holds credentials; they belong in clouds.yaml, leave them out here")
    return value.rstrip("/")


def _glance_url(value: str) -> str:
    url = _url(value)
    if re.search(r"/v\d+(\.\d+)?$", url) or urlsplit(url).query or urlsplit(url).fragment:
        raise ValueError(f"{value!r} is not the endpoint itself; leave the version, query and fragment out")
    return url


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        pass
    if re.fullmatch(r"[\d.]+", value) or not _HOST_NAME.fullmatch(value):
        raise ValueError(f"{value!r} is neither an IP address nor a host name; give one of them, without a port")
    return value


def _word(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; give it a value or leave the key out")
    if value != value.strip() or not value.isprintable():
        raise ValueError(f"{value!r} has white space around it or characters that cannot be printed; take them out")
    return value


def _container_pattern(value: str) -> str:
    unknown = [name for name in re.findall(r"\{(.*?)\}", _word(value)) if name not in {"hostname", "fsid"}]
    if unknown or value.count("{") != value.count("}"):
        raise ValueError(f"{value!r}: only {{hostname}} and {{fsid}} may stand in braces")
    return value


def _ceph_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", value) or value.startswith("client."):
        raise ValueError(f"{value!r} is not a name of Ceph's; use letters, digits, `-_.`, without `client.` before it")
    return value


def _absolute_path(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError(f"{value!r} is a file on the node; give its absolute path")
    return value


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _as_path(value: object) -> object:
    return Path(_word(value)) if isinstance(value, str) else value


Word = Annotated[str, AfterValidator(_word)]
HttpUrl = Annotated[str, AfterValidator(_url)]
GlanceUrl = Annotated[str, AfterValidator(_glance_url)]
Address = Annotated[str, AfterValidator(_address)]
LocalPath = Annotated[Path, BeforeValidator(_as_path)]
CephName = Annotated[str, AfterValidator(_ceph_name)]
RemotePath = Annotated[str, AfterValidator(_absolute_path)]
Positive = Annotated[StrictInt, Field(gt=0)]
Seconds = Annotated[StrictInt | StrictFloat, Field(gt=0)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


# --- sections


class Ssh(_Section):
    """How nodes are reached. Paths are absolute after loading; `deadline` and `connect_timeout` are seconds.

    `user=None` leaves the user to ssh_config; `config=None` leaves out any file, the user's own included.
    """

    config: LocalPath | None = None
    user: Word | None = None
    sudo: StrictBool = True
    known_hosts: LocalPath | None = None
    check_host_keys: StrictBool = True
    deadline: Positive = 60
    connect_timeout: Positive = 10


class Console(_Section):
    """What the guest image writes to its console: `booted` once it is up; a line with `marker` names who booted before.

    The line names the ids of the servers that have written to this disk, so that a journey's data can be followed.
    """

    booted: Word
    marker: Word | None = None


class ImageSource(_Section):
    """The guest image that the run imports: where central Glance downloads it from, and its form there."""

    uri: HttpUrl
    disk_format: Literal["qcow2", "raw", "vmdk", "vdi", "vhd", "vhdx", "iso", "ploop", "ami", "ari", "aki"] = "qcow2"
    container_format: Literal["bare", "ovf", "ova", "docker", "compressed", "ami", "ari", "aki"] = "bare"
    console: Console | None = None


class Limits(_Section):
    """How many stages act at once on central and on a site, and how many only read there.

    `compare_bytes`: the largest image, in bytes, that is compared by content.
    """

    central: Positive = 4
    site: Positive = 2
    reading: Positive = 4
    compare_bytes: Annotated[StrictInt, Field(ge=0)] = 2 * 1024**3


class Timeouts(_Section):
    """Seconds that one operation may take; `import` is a word of Python's, so it is `import_` here."""

    import_: Positive = Field(default=300, alias="import")
    copy_: Positive = Field(default=300, alias="copy")
    delete: Positive = 120
    api: Positive = 60
    boot: Positive = 300
    volume: Positive = 300
    snapshot: Positive = 600


class Service(_Section):
    """Where a service's configuration is: in this container, or on the host itself if `container` is None."""

    container: Word | None = None
    config: Annotated[tuple[RemotePath, ...], BeforeValidator(_as_tuple), Field(min_length=1)]


# as TripleO deploys them
_SERVICES: Mapping[str, Mapping[str, object]] = {
    "glance": {"container": "glance_api", "config": ["/etc/glance/glance-api.conf"]},
    "nova_api": {"container": "nova_api", "config": ["/etc/nova/nova.conf"]},
    "nova_compute": {"container": "nova_compute", "config": ["/etc/nova/nova.conf"]},
    "cinder_volume": {"container": "cinder_volume", "config": ["/etc/cinder/cinder.conf"]},
}


class Services(_Section):
    """The services whose configuration is read; what the file does not say is as TripleO deploys it."""

    glance: Service
    nova_api: Service
    nova_compute: Service
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


class Pools(_Section):
    """The names of a cluster's pools."""

    images: Word = "images"
    vms: Word = "vms"
    volumes: Word = "volumes"


class Ceph(_Section):
    """A site's Ceph cluster: its name in `/etc/ceph/<cluster>.conf`, and where its commands run.

    `mon_container=None` is the runtime's own way of naming: `ceph-mon-{hostname}`, with cephadm
    `ceph-{fsid}-mon-{hostname}`. `client` is the user (without `client.`) that the other sites have. `stats_period`
    is the cluster's `mgr_stats_period`: the seconds after which its OSDs report what was read.
    """

    cluster: CephName
    runtime: Runtime = "detect"
    mon_container: Annotated[str, AfterValidator(_container_pattern)] | None = None
    min_mons: Positive = 3
    pools: Pools = Pools()
    client: CephName = "external"
    stats_period: Seconds = 5


class _NodeEntry(_Section):
    address: Address
    roles: Annotated[tuple[Role, ...], BeforeValidator(_as_tuple)] = ()


class _SiteEntry(_Section):
    central: StrictBool = False
    availability_zone: Word
    store: Word | None = None
    local_store: Word | None = None
    central_store: Word | None = None
    glance: GlanceUrl | None = None
    ceph: Ceph | None = None
    nodes: dict[str, _NodeEntry] = {}


class _File(_Section):
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
    sites: dict[str, _SiteEntry]


# --- what others use


@dataclass(frozen=True)
class NodeSpec:
    """One machine of a site: its host name, where SSH reaches it, what runs on it."""

    name: str
    address: str
    roles: tuple[str, ...]
    site: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Site:
    """One site; its text is its name, so that it serves as a test id.

    `store` is its id at central's Glance, `local_store` its id at its own, `central_store` what its own
    Glance calls central's store. A site without storage has None for all three, for `glance` and for `ceph`.
    """

    name: str
    central: bool
    availability_zone: str
    store: str | None
    local_store: str | None
    central_store: str | None
    glance: str | None
    ceph: Ceph | None
    nodes: tuple[NodeSpec, ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def has_storage(self) -> bool:
        return self.ceph is not None

    def nodes_with(self, role: str) -> tuple[NodeSpec, ...]:
        """This site's nodes with that role, in the file's order. ValueError: there is no such role."""
        known = typing.get_args(Role)
        if role not in known:
            raise ValueError(f"no role {role!r}; roles: {', '.join(known)}")
        return tuple(node for node in self.nodes if role in node.roles)


@dataclass(frozen=True)
class Environment:
    """A deployment, as its environment file declares it. Sites are in the file's order."""

    path: Path
    cloud: str
    clouds_file: Path | None
    ssh: Ssh
    image: ImageSource
    flavor: str | None
    network: str
    ceph_warnings: Literal["fail", "warn"]
    limits: Limits
    timeouts: Timeouts
    services: Services
    sites: tuple[Site, ...] = field(repr=False)

    def __str__(self) -> str:
        return str(self.path)

    @cached_property
    def central(self) -> Site:
        return next(site for site in self.sites if site.central)

    @cached_property
    def dcn_sites(self) -> tuple[Site, ...]:
        return tuple(site for site in self.sites if not site.central)

    @cached_property
    def storage_sites(self) -> tuple[Site, ...]:
        """Central first, then the DCN sites with storage."""
        return (self.central, *self.dcn_storage_sites)

    @cached_property
    def dcn_storage_sites(self) -> tuple[Site, ...]:
        return tuple(site for site in self.dcn_sites if site.has_storage)

    @cached_property
    def nodes(self) -> tuple[NodeSpec, ...]:
        return tuple(node for site in self.sites for node in site.nodes)

    def site(self, name: str) -> Site:
        """The site of that name; KeyError says which there are."""
        for site in self.sites:
            if site.name == name:
                return site
        raise KeyError(f"no site {name} in {self.path}; sites there: {', '.join(map(str, self.sites))}")

    def node(self, name: str) -> NodeSpec:
        """The node of that name; KeyError says which there are."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(f"no node {name} in {self.path}; nodes there: {', '.join(map(str, self.nodes))}")

    def network_of(self, site: Site) -> str | None:
        """The network that servers of this site are put on; None where they get none."""
        return None if self.network == "none" else self.network.replace("{site}", site.name)


def load_environment(path: Path) -> Environment:
    """The environment that the file declares, checked as far as it and the files that it names allow.

    Relative paths in it are relative to its folder. Raises BadEnvironment, one line, for the first mistake.
    """
    document = _read_yaml(path)
    try:
        parsed = _File.model_validate(document)
    except ValidationError as error:
        raise _first_mistake(path, error) from None
    environment = Environment(
        path=path,
        cloud=parsed.cloud,
        clouds_file=_named_file(path, "clouds_file", parsed.clouds_file),
        ssh=_ssh(path, parsed.ssh),
        image=parsed.image,
        flavor=parsed.flavor,
        network=parsed.network,
        ceph_warnings=parsed.ceph_warnings,
        limits=parsed.limits,
        timeouts=parsed.timeouts,
        services=parsed.services,
        sites=tuple(_sites(path, parsed)),
    )
    _check_uniqueness(environment)
    _check_ssh_config(environment)
    return environment


# --- from entries to sites


def _sites(path: Path, parsed: _File) -> Iterator[Site]:
    central = [name for name, entry in parsed.sites.items() if entry.central]
    if not parsed.sites:
        raise BadEnvironment(path, "sites", "is empty; declare the central site and the DCN sites")
    if len(central) != 1:
        what = f"{' and '.join(central)} each have" if central else f"none of {', '.join(parsed.sites)} has"
        raise BadEnvironment(path, "sites", f"{what} `central: true`; exactly one site is central")
    seen: dict[str, str] = {}
    for name, entry in parsed.sites.items():
        key = f"sites.{name}"
        if not _SITE_NAME.fullmatch(name) or name.lower() in _WORDS_OF_PYTEST_K:
            raise BadEnvironment(
                path,
                key,
                f"{name!r} cannot stand in a test's id; use letters, digits, `-`, `_`, `.`, no sign first",
            )
        if (other := seen.setdefault(name.lower(), name)) != name:
            raise BadEnvironment(path, key, f"differs from {other!r} in case only, which `pytest -k` ignores")
        _check_storage(path, key, entry)
        for node in entry.nodes:
            if not _HOST_NAME.fullmatch(node):
                raise BadEnvironment(path, f"{key}.nodes.{node}", f"{node!r} is not a host name; give the node's own")
        yield Site(
            name=name,
            central=entry.central,
            availability_zone=entry.availability_zone,
            store=entry.store,
            local_store=entry.local_store or entry.store,
            central_store=_central_store(entry),
            glance=entry.glance,
            ceph=entry.ceph,
            nodes=tuple(
                NodeSpec(name=node, address=found.address, roles=found.roles, site=name)
                for node, found in entry.nodes.items()
            ),
        )


def _central_store(entry: _SiteEntry) -> str | None:
    if entry.ceph is None:
        return None
    return entry.store if entry.central else entry.central_store or "central"


def _check_storage(path: Path, key: str, entry: _SiteEntry) -> None:
    given = {name for name in ("ceph", "store", "glance") if getattr(entry, name) is not None}
    if entry.central and len(given) < 3:
        missing = next(name for name in ("ceph", "store", "glance") if name not in given)
        raise BadEnvironment(path, f"{key}.{missing}", "is missing; the central site has storage and a Glance")
    if given and len(given) < 3:
        missing = next(name for name in ("ceph", "store", "glance") if name not in given)
        raise BadEnvironment(
            path,
            f"{key}.{missing}",
            f"is missing, though {' and '.join(sorted(given))} is given; a site with storage has ceph, store "
            "and glance, a site without has none of them",
        )
    if not entry.ceph and (entry.local_store or entry.central_store):
        name = "local_store" if entry.local_store else "central_store"
        raise BadEnvironment(path, f"{key}.{name}", "is given for a site without storage; take it out, or add ceph")
    if entry.central and entry.central_store:
        raise BadEnvironment(path, f"{key}.central_store", "is for DCN sites; central's own store is `store`")
    if not entry.central and entry.ceph and _central_store(entry) == (entry.local_store or entry.store):
        raise BadEnvironment(
            path,
            f"{key}.central_store",
            f"{_central_store(entry)!r} is the site's own store too; give the id that this site's Glance has "
            "for central's store",
        )


def _check_uniqueness(environment: Environment) -> None:
    path = environment.path
    stores: dict[str, str] = {}
    glances: dict[str, str] = {}
    names: dict[str, str] = {}
    addresses: dict[str, str] = {}
    for site in environment.sites:
        if site.store and (other := stores.setdefault(site.store, site.name)) != site.name:
            raise BadEnvironment(
                path,
                f"sites.{site.name}.store",
                f"{site.store!r} is the store of {other} too; give each site its own",
            )
        if site.glance and (other := glances.setdefault(site.glance, site.name)) != site.name:
            raise BadEnvironment(
                path,
                f"sites.{site.name}.glance",
                f"{site.glance!r} is the Glance of {other} too; give the site's own endpoint",
            )
        for node in site.nodes:
            key = f"sites.{site.name}.nodes.{node.name}"
            if (other := names.setdefault(node.name, site.name)) != site.name:
                raise BadEnvironment(path, key, f"is a node of {other} too; a node belongs to one site")
            if (other := addresses.setdefault(node.address, node.name)) != node.name:
                raise BadEnvironment(path, f"{key}.address", f"{node.address!r} is the address of {other} too")


# --- the files that it names


def _named_file(path: Path, key: str, given: Path | None) -> Path | None:
    if given is None:
        return None
    found = given.expanduser()
    found = found if found.is_absolute() else path.absolute().parent / found
    try:
        with found.open("rb"):
            pass
    except IsADirectoryError:
        raise BadEnvironment(path, key, f"{found} is a folder; name a file") from None
    except OSError as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()
        raise BadEnvironment(
            path, key, f"{found} {reason}; paths are relative to the environment file's folder"
        ) from None
    return found


def _ssh(path: Path, given: Ssh) -> Ssh:
    known_hosts = given.known_hosts
    if given.check_host_keys:
        known_hosts = _named_file(path, "ssh.known_hosts", known_hosts)
    return given.model_copy(
        update={"config": _named_file(path, "ssh.config", given.config), "known_hosts": known_hosts}
    )


def _check_ssh_config(environment: Environment) -> None:
    """A key that ssh_config names for one of our nodes, or for a jump host on the way, is there."""
    ssh = environment.ssh
    if ssh.config is None:
        return
    checked: set[Path] = set()
    try:
        config = SshConfig.read(ssh.config)
        for node in environment.nodes:
            target = config.target(node.name, node.address, ssh.user)
            hops = [(hop.alias, hop) for hop in map(config.jump_target, target.jumps)]
            for name, host in [(node.name, target), *hops]:
                for key in host.identity_files:
                    if key not in checked and not key.is_file():
                        raise BadEnvironment(
                            environment.path,
                            "ssh.config",
                            f"{ssh.config} names the key {key} for {name}, and there is no such file",
                        )
                    checked.add(key)
    except BadSshConfig as error:
        raise BadEnvironment(environment.path, "ssh.config", str(error)) from None


# --- YAML


class _Duplicate(Exception):
    def __init__(self, key: str, line: int, first: int) -> None:
        self.key, self.line, self.first = key, line, first


def _read_yaml(path: Path) -> object:
    text = _read_text(path)
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            raise BadEnvironment(path, "", "is empty; see environments/ for examples")
        _check_nodes(path, root)
        document = loader.construct_document(root)
    except _Duplicate as error:
        raise BadEnvironment(
            path, error.key, f"stands twice, in lines {error.first} and {error.line}; keep one of them"
        ) from None
    except yaml.composer.ComposerError as error:
        if "single document" in str(error):
            raise BadEnvironment(path, "", "holds several YAML documents; keep one, without `---` between") from None
        raise BadEnvironment(path, "", f"is not YAML: {_yaml_problem(error)}") from None
    except yaml.YAMLError as error:
        raise BadEnvironment(path, "", f"is not YAML: {_yaml_problem(error)}") from None
    except RecursionError:
        raise BadEnvironment(path, "", "is nested too deeply to be an environment file") from None
    except ValueError as error:
        # a date such as 2024-13-45 passes YAML's pattern and fails datetime's
        raise BadEnvironment(path, "", f"holds a value that YAML cannot take: {error}; quote it") from None
    if not isinstance(document, dict):
        kind = "a list" if isinstance(document, list) else f"the single value {str(document)[:40]!r}"
        raise BadEnvironment(path, "", f"holds {kind} at the top; an environment file is `key: value` lines")
    return document


def _read_text(path: Path) -> str:
    try:
        if not path.exists():
            raise BadEnvironment(path, "", "there is no such file; name one with --environment FILE or DCN_ENVIRONMENT")
        if not path.is_file():
            kind = "a folder" if path.is_dir() else "not a regular file"
            raise BadEnvironment(path, "", f"is {kind}; name the environment file itself")
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        # ValueError: a null byte in the path
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise BadEnvironment(path, "", f"cannot be read: {reason.lower()}") from None
    if len(content) > _LARGEST_FILE:
        raise BadEnvironment(path, "", f"is larger than {_LARGEST_FILE} bytes; this is no environment file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadEnvironment(path, "", f"is not text: byte {error.start} is not UTF-8") from None
    if "\0" in text:
        raise BadEnvironment(path, "", "is not text: it holds null bytes")
    return text


def _yaml_problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return f"character {error.character:#x} at position {error.position} is not allowed"
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        return f"{where}{error.problem or error.context}"
    return str(error)


def _check_nodes(path: Path, root: yaml.Node) -> None:
    """Refuses duplicate keys, anchors that hold themselves, and aliases that grow past any sensible size.

    Each node is looked at once, however often it is aliased; the size counts every alias as if written out.
    """
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node, key: str) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in open_nodes:
            raise BadEnvironment(path, key, "is an alias that holds itself; write the value out")
        open_nodes.add(id(node))
        total = 1
        if isinstance(node, yaml.MappingNode):
            _check_duplicates(node, key)
            for name, value in node.value:
                total += size(name, key) + size(value, _join(key, getattr(name, "value", "?")))
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                total += size(value, _join(key, number))
        if total > _MOST_NODES:
            raise BadEnvironment(path, key, f"grows to more than {_MOST_NODES} values by its aliases; write it out")
        open_nodes.discard(id(node))
        sizes[id(node)] = total
        return total

    size(root, "")


def _check_duplicates(node: yaml.MappingNode, key: str) -> None:
    lines: dict[str, int] = {}
    for name, _ in node.value:
        if isinstance(name, yaml.ScalarNode):
            line = name.start_mark.line + 1
            # 1 and "1" are two keys for YAML, and one for a reader
            if name.value in lines:
                raise _Duplicate(_join(key, name.value), line, lines[name.value])
            lines[name.value] = line


def _join(key: str, part: object) -> str:
    return f"{key}.{part}" if key else str(part)


# --- from pydantic's words to ours


def _first_mistake(path: Path, error: ValidationError) -> BadEnvironment:
    mistakes = error.errors(include_url=False)
    # an unknown key is more often the cause of a missing one than the other way round
    mistakes.sort(key=lambda mistake: mistake["type"] != "extra_forbidden")
    first = mistakes[0]
    location = [part for part in first["loc"] if part != "[key]"]
    problem = _problem(first["type"], location, first.get("input"), dict(first.get("ctx") or {}), first["msg"])
    if len(mistakes) > 1:
        more = len(mistakes) - 1
        problem += f" (and {more} more {'mistake' if more == 1 else 'mistakes'})"
    return BadEnvironment(path, ".".join(map(str, location)), problem)


def _problem(kind: str, location: list[int | str], value: object, context: dict[str, Any], message: str) -> str:
    shown = _shown(location, value)
    if kind == "extra_forbidden":
        return f"unknown key; {_known_keys(location)}"
    if kind == "missing":
        return "is missing; add it"
    if kind == "value_error":
        return str(context.get("error", message))
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        near = difflib.get_close_matches(str(value).replace("_", "-"), allowed, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"{shown} is not one of {', '.join(allowed)}{hint}"
    if kind in {"model_type", "dict_type", "model_attributes_type"}:
        what = "is empty" if value is None else f"{shown} is not a mapping"
        return f"{what}; write `key: value` lines below it"
    if kind in {"tuple_type", "list_type"}:
        return f"{shown} is not a list; write it as [one, two]"
    if kind == "string_type":
        return "is empty; give it a value" if value is None else f"{shown} is not text; put it in quotes"
    if kind.startswith("bool_"):
        return f"{shown} is neither true nor false"
    if kind.startswith("int_"):
        return f"{shown} is not a whole number"
    if kind in {"greater_than", "greater_than_equal"}:
        return f"{shown} is too small; it must be {'more than' if kind == 'greater_than' else 'at least'} " + str(
            context.get("gt", context.get("ge"))
        )
    if kind == "path_type":
        return f"{shown} is not a path"
    if kind == "too_short":
        return "is an empty list; name at least one"
    return f"{shown}: {message}"


def _shown(location: list[int | str], value: object) -> str:
    if any(re.search(r"pass|secret|token|key", str(part), re.IGNORECASE) for part in location):
        return "the value (not shown)"
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = redact(str(value))
    return repr(text if len(text) <= 60 else text[:57] + "…")


def _known_keys(location: list[int | str]) -> str:
    model = _model_at(location[:-1])
    known = [field.alias or name for name, field in model.model_fields.items()] if model else []
    unknown = str(location[-1])
    near = difflib.get_close_matches(unknown.lower().replace("-", "_"), known, 1)
    return f"did you mean `{near[0]}`?" if near else f"keys here: {', '.join(known)}"


def _model_at(location: list[int | str]) -> type[BaseModel] | None:
    """The model whose keys stand at that place in the file."""
    kind: object = _File
    for part in location:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields = {field.alias or name: field for name, field in kind.model_fields.items()}
            kind = _model_or_mapping(fields[str(part)].annotation) if str(part) in fields else None
        elif typing.get_origin(kind) is dict:
            kind = _model_or_mapping(typing.get_args(kind)[1])
        else:
            return None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _model_or_mapping(annotation: object) -> object:
    if typing.get_origin(annotation) in {Union, types.UnionType}:
        return next((part for part in typing.get_args(annotation) if part is not type(None)), None)
    return annotation
