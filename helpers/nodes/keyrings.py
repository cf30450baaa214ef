"""Who may read the cephx keys on a node: the keyrings that its services need, and keys that everybody may read.

Sources: Ceph's "Ceph configuration reference", `keyring`, `keyfile`, `key` and the metavariables; the defaults of
glance_store (drivers/rbd.py), Nova (conf/libvirt.py) and Cinder (volume/drivers/rbd.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from helpers.nodes.config_files import CephConf, OsloConfig
from helpers.nodes.containers import is_container_trouble
from helpers.nodes.runner import CommandFailed, Completed, Runner

#: Where deployments keep the files of Ceph's clients: the guide's place, TripleO's since Wallaby, and edpm-ansible's.
CONF_FOLDERS = ("/etc/ceph", "/var/lib/tripleo-config/ceph", "/var/lib/openstack/config/ceph")
#: Where they keep cephx keys: there, and where libvirt does.
FOLDERS = (*CONF_FOLDERS, "/etc/libvirt/secrets")
_DEFAULT_CONF = "/etc/ceph/ceph.conf"
#: A keyring's line, or what a cephx key looks like, whatever the file is called.
_HAS_A_KEY = r"^[[:space:]]*key[[:space:]]*=|A[Qg][A-Za-z0-9+/]{36,60}="
_OTHERS_MAY = 0o006


@dataclass(frozen=True)
class Client:
    """A service as a client of a cluster: the configuration that it reads, and the user that it is there."""

    conf: str
    user: str


def clients_of_glance(config: OsloConfig) -> tuple[Client, ...]:
    """A client for each RBD store of glance-api.conf."""
    return tuple(_by_store(config).values())


def confs_of_glance(config: OsloConfig) -> dict[str, str]:
    """RBD store of glance-api.conf → the configuration of its cluster."""
    return {store: client.conf for store, client in _by_store(config).items()}


def _by_store(config: OsloConfig) -> dict[str, Client]:
    backends = config.get_dict("DEFAULT", "enabled_backends")
    if not backends and "rbd" in config.get_list("glance_store", "stores"):
        backends = {"glance_store": "rbd"}
    return {
        store: _client(config, store, "rbd_store_ceph_conf", "rbd_store_user")
        for store, kind in backends.items()
        if kind == "rbd"
    }


def clients_of_nova(config: OsloConfig) -> tuple[Client, ...]:
    """The one by which nova-compute keeps disks in a cluster, if it does."""
    if config.get("libvirt", "images_type") != "rbd":
        return ()
    return (_client(config, "libvirt", "images_rbd_ceph_conf", "rbd_user"),)


def clients_of_cinder(config: OsloConfig) -> tuple[Client, ...]:
    """A client for each RBD backend of cinder.conf."""
    return tuple(
        _client(config, backend, "rbd_ceph_conf", "rbd_user")
        for backend in config.get_list("DEFAULT", "enabled_backends")
        if (config.get(backend, "volume_driver") or "").endswith("RBDDriver")
    )


def _client(config: OsloConfig, section: str, conf: str, user: str) -> Client:
    return Client(config.get(section, conf) or _DEFAULT_CONF, config.get(section, user) or "admin")


#: Service, as the environment file names it → how its configuration says which clusters it uses.
CLIENTS_OF: dict[str, Callable[[OsloConfig], tuple[Client, ...]]] = {
    "glance": clients_of_glance,
    "nova_compute": clients_of_nova,
    "cinder_volume": clients_of_cinder,
}


def keyrings_of(client: Client, conf: CephConf) -> tuple[str, ...]:
    """The files in which a client looks for its key, the first that it can read; none where the conf has the key."""
    section = f"client.{client.user}"
    if conf.get("key", section):
        return ()
    option = "keyfile" if conf.get("keyfile", section) else "keyring"
    return conf.keyrings(PurePosixPath(client.conf).stem, section, option)


@dataclass(frozen=True)
class Access:
    """A file and who may use it, as `stat` says it: `glance 600`, or that it is not there."""

    path: str
    access: str
    reproduce: str


@dataclass(frozen=True)
class FoundKeys:
    """What is in some folders of a node: files that are keyrings by their names, and those that everybody may use."""

    keyrings: tuple[str, ...]
    exposed: tuple[Access, ...]


def find_keys(node: Runner, folders: Iterable[str], prefix: tuple[str, ...] = ()) -> FoundKeys:
    """The files in these folders that hold a key, and whether others than owner and group may read or write them.

    A folder that others may not enter hides what is in it; one that is not there is none of this node's.
    """
    look = ("(", "-type", "d", "-o", "-type", "f", ")", "-printf", r"%y|%m|%u|%p\n")
    wanted = tuple(dict.fromkeys(folders))
    listed = node.run(*prefix, "env", "LC_ALL=C", "find", "-L", *wanted, "-maxdepth", "1", *look)
    troubles = [line for line in listed.stderr.splitlines() if not line.endswith("No such file or directory")]
    if listed.exit_status not in {0, 1} or troubles or is_container_trouble(listed):
        raise CommandFailed(listed)
    rows = [line.split("|", 3) for line in listed.stdout.splitlines() if line.count("|") >= 3]
    open_to_all = {path for kind, mode, _, path in rows if kind == "d" and int(mode, 8) & 0o001}
    keyrings = tuple(path for kind, _, _, path in rows if kind == "f" and "keyring" in PurePosixPath(path).name)
    files = [
        path
        for kind, mode, _, path in rows
        if kind == "f" and int(mode, 8) & _OTHERS_MAY and str(PurePosixPath(path).parent) in open_to_all
    ]
    if not files:
        return FoundKeys(keyrings, ())
    found = node.run(*prefix, "grep", "-lE", "-e", _HAS_A_KEY, "--", *files)
    if found.exit_status not in {0, 1}:
        raise CommandFailed(found)
    return FoundKeys(keyrings, tuple(access_of(node, path, prefix) for path in found.stdout.splitlines()))


def access_of(node: Runner, path: str, prefix: tuple[str, ...] = ()) -> Access:
    """A file's owner and mode where `prefix` leads, and the command that shows them."""
    shown = node.run(*prefix, "stat", "-L", "-c", "%U %a %n", path)
    access = shown.stdout.strip().removesuffix(path).strip() if shown.exit_status == 0 else _last_words(shown)
    return Access(path, access, shown.reproduce)


def is_readable(node: Runner, path: str, prefix: tuple[str, ...]) -> bool:
    """Whether a file can be read by whom `prefix` makes: the kernel is asked, which knows of folders and ACLs, too."""
    tried = node.run(*prefix, "test", "-r", path)
    if tried.exit_status not in {0, 1} or tried.stderr.strip():
        raise CommandFailed(tried)
    return tried.exit_status == 0


def _last_words(completed: Completed) -> str:
    said = (completed.stderr.strip().splitlines() or [f"exit status {completed.exit_status}"])[-1]
    return said.rpartition(": ")[2]
