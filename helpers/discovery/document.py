"""Writes an environment file for people: values with their meaning, and gaps as comments."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from helpers.discovery.found import Discovery, FoundCeph, FoundNode, FoundSite
from helpers.discovery.node_view import SERVICES
from helpers.environment import Ssh
from helpers.environment.values import GUEST_BOOTED, GUEST_MARKER

FILL_IN = "FILL IN"
#: the image that `dcn-verify image` is told to build
BUILT = "guest.qcow2"
_WIDTH = 118
_COMMENT_AT = 50


@dataclass(frozen=True)
class Choices:
    """What only the operator can choose. None means not given. Paths are absolute."""

    cloud: str
    clouds_file: Path | None
    ssh: Ssh
    image_uri: str | None = None
    image_file: Path | None = None
    flavor: str | None = None
    network: str | None = None
    booted: str | None = None
    marker: str | None = None
    undercloud: str | None = None
    deployment_files: Path | None = None

    @property
    def builds_image(self) -> bool:
        """Whether no image was given, so that one is to be built."""
        return self.image_uri is None and self.image_file is None


def to_fill_in(found: Discovery) -> tuple[str, ...]:
    """The keys that were not found and without which the file cannot be used."""
    return tuple(f"sites.{site.name}.{key}" for site in found.sites for key in site.gaps)


def text(found: Discovery, choices: Choices, sources: Sequence[str]) -> str:
    """Return the whole file. `sources` names what it was written from."""
    lines = [
        *_head(found, sources),
        "",
        *_cloud(choices),
        "",
        *_tripleo(choices),
        "",
        *_image(choices),
        "",
        *_booting(found, choices),
        *_services(found),
        "",
        "sites:",
    ]
    for site in found.sites:
        lines += [*_site(site), ""]
    return "\n".join(lines).rstrip() + "\n"


def _head(found: Discovery, sources: Sequence[str]) -> Iterator[str]:
    yield from _comment("Written by `dcn-verify discover` from " + ", ".join(sources) + ".")
    missing = to_fill_in(found)
    if missing:
        yield from _comment(f"To fill in, marked {FILL_IN}: {', '.join(missing)}.")
    else:
        yield from _comment("Nothing is left to fill in; the choices are marked with what else there is.")
    for remark in found.remarks:
        yield from _comment(f"Remark: {remark}")


def _cloud(choices: Choices) -> Iterator[str]:
    yield _line("cloud", choices.cloud, "the entry of clouds.yaml")
    if choices.clouds_file is not None:
        yield _line("clouds_file", str(choices.clouds_file))
    ssh = choices.ssh
    yield "ssh:"
    if ssh.config is not None:
        yield _line("config", str(ssh.config), indent=2)
    if ssh.user is not None:
        yield _line("user", ssh.user, indent=2)
    else:
        yield "  # user: NAME      # not given: what ssh_config says"
    yield _line("sudo", ssh.sudo, indent=2)
    if ssh.known_hosts is not None:
        yield _line("known_hosts", str(ssh.known_hosts), indent=2)
    if not ssh.check_host_keys:
        yield _line("check_host_keys", False, "any host key is accepted", indent=2)


def _tripleo(choices: Choices) -> Iterator[str]:
    if choices.undercloud is not None:
        yield "undercloud:"
        yield _line("host", choices.undercloud, "where `openstack stack list` is asked", indent=2)
    else:
        yield "# undercloud: {host: HOST}     # where `openstack stack list` is asked; without it, A18 is skipped"
    if choices.deployment_files is not None:
        yield _line("deployment_files", str(choices.deployment_files))
    else:
        yield "# deployment_files: DIR        # control-plane/, dcn0/, …; without them, E1-E6 are skipped"


def _image(choices: Choices) -> Iterator[str]:
    booted, marker, disk_format = choices.booted, choices.marker, "qcow2"
    if choices.builds_image:
        yield from _comment(
            f"`dcn-verify image {BUILT}`, called beside this file, builds this image. In its place, `file` names "
            "another one, and `uri` one that central's Glance can download."
        )
        booted, marker = booted or GUEST_BOOTED, marker or GUEST_MARKER
    yield "image:"
    if choices.image_uri is not None:
        yield _line("uri", choices.image_uri, indent=2)
    else:
        yield _line("file", str(choices.image_file or BUILT), indent=2)
    if choices.image_file is not None and choices.image_file.suffix == ".raw":
        disk_format = "raw"
    yield _line("disk_format", disk_format, indent=2)
    yield _line("container_format", "bare", indent=2)
    if booted is None:
        yield '  # console: {booted: "login:"}     # what the guest writes to its console when it is up'
        return
    yield "  console:"
    yield _line("booted", booted, indent=4)
    if marker is not None:
        yield _line("marker", marker, indent=4)


def _booting(found: Discovery, choices: Choices) -> Iterator[str]:
    if choices.flavor is None or choices.network is None:
        yield from _comment(
            "`auto`: the run creates it, and removes it. Without a flavor nothing is booted. A network is a name, "
            '"{site}-network" or the like, or none.'
        )
    yield _line("flavor", choices.flavor or "auto", _alternatives(choices.flavor, found.flavors))
    yield _line("network", choices.network or "auto", _alternatives(choices.network, found.networks))
    yield _line("ceph_warnings", "fail", "or warn: HEALTH_WARN fails nothing then")


def _alternatives(given: str | None, names: Sequence[str]) -> str:
    if given is not None or not names:
        return ""
    shown = ", ".join(names)
    return "there are: " + textwrap.shorten(shown, _WIDTH - _COMMENT_AT - len("there are: "), placeholder=" …")


def _services(found: Discovery) -> Iterator[str]:
    if not found.services:
        return
    yield "services:"
    for service, container in found.services.items():
        where = {"container": container, "config": [SERVICES[service][2]]}
        yield f"  {service}: {_flow(where)}"


def _site(site: FoundSite) -> Iterator[str]:
    yield f"  {_flow(site.name)}:"
    for remark in site.remarks:
        yield from _comment(f"Remark: {remark}", 4)
    if site.central:
        yield _line("central", True, indent=4)
    yield from _given_or_gap(site, "availability_zone", site.availability_zone)
    if site.ceph is None and "ceph" not in site.gaps:
        yield from _comment("Without storage: no Ceph cluster, no store and no Glance.", 4)
    else:
        yield from _storage(site)
    if not site.nodes:
        yield from _gap("nodes", site.gaps["nodes"], 4)
        return
    yield "    nodes:" if any(not node.doubt for node in site.nodes) else "    nodes: {}"
    for node in site.nodes:
        yield from _node(node)


def _storage(site: FoundSite) -> Iterator[str]:
    yield from _given_or_gap(site, "store", site.store, "its id at central's Glance")
    if not site.central:
        yield from _given_or_gap(site, "local_store", site.local_store, "its id at the site's own Glance")
        yield from _given_or_gap(site, "central_store", site.central_store, "central's id there")
    if site.cinder_cluster is not None:
        yield _line("cinder_cluster", site.cinder_cluster, "as Cinder lists its services; is this what you planned?", 4)
    yield from _given_or_gap(site, "glance", site.glance, "the site's own Glance")
    if site.ceph is None:
        yield from _gap("ceph", site.gaps["ceph"], 4)
    else:
        yield from _ceph(site.ceph)


def _ceph(ceph: FoundCeph) -> Iterator[str]:
    yield "    ceph:"
    yield _line("cluster", ceph.cluster, f"FSID {ceph.fsid or 'not found'}", indent=6)
    if ceph.runtime is not None:
        yield _line("runtime", ceph.runtime, indent=6)
    if ceph.mon_container is not None:
        yield _line("mon_container", ceph.mon_container, indent=6)
    if ceph.monitors is not None:
        few = "too few to lose one" if ceph.monitors < 3 else ""
        yield _line("min_mons", ceph.monitors, few, indent=6)
    if ceph.pools:
        yield f"      pools: {_flow(dict(ceph.pools))}"
    if ceph.client is not None:
        yield _line("client", ceph.client, "the cephx user that the other sites have", indent=6)


def _node(node: FoundNode) -> Iterator[str]:
    entry = f"{_flow(node.name)}: {_flow({'address': node.address, 'roles': list(node.roles)})}"
    if not node.doubt:
        yield f"      {entry}"
        return
    yield from _comment(f"Named by the cloud or the cluster, and not used: {node.doubt}", 6)
    yield f"      # {entry}"


def _given_or_gap(site: FoundSite, key: str, value: str | None, remark: str = "") -> Iterator[str]:
    if value is not None:
        yield _line(key, value, remark, indent=4)
    else:
        yield from _gap(key, site.gaps.get(key, remark), 4)


def _line(key: str, value: object, remark: str = "", indent: int = 0) -> str:
    line = f"{' ' * indent}{key}: {_flow(value)}"
    return f"{line.ljust(_COMMENT_AT)}  # {remark}" if remark else line


def _gap(key: str, advice: str, indent: int) -> Iterator[str]:
    yield from _comment(f"{FILL_IN}  {key}: {advice}", indent)


def _comment(words: str, indent: int = 0) -> Iterator[str]:
    prefix = f"{' ' * indent}# "
    for line in textwrap.wrap(words, _WIDTH - len(prefix), break_long_words=False, break_on_hyphens=False):
        yield prefix + line


def _flow(value: object) -> str:
    written: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    return written.removesuffix("...\n").strip()


def command(arguments: Sequence[str]) -> str:
    """The command line that does the same."""
    return shlex.join(["dcn-verify", "discover", *arguments])
