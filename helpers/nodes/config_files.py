"""The configuration files of a deployment, as facts: OpenStack services', ceph.conf, keyrings. Text in, nothing run.

Sources: oslo.config's own reading of files (`oslo_config/iniparser.py`, `cfg.py`), ceph-conf's
("Configuring Ceph", "Monitor Config Reference"), and the keyring files of the doc.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from helpers.redact import Secret, redact

_TRUE = frozenset({"true", "1", "on", "yes"})
_FALSE = frozenset({"false", "0", "off", "no"})


class BadConfigFile(ValueError):
    """A configuration file, or a value in it, is not what its reader takes; one line, secrets hidden."""

    def __init__(self, problem: str) -> None:
        super().__init__(redact(problem))


# --- OpenStack services


@dataclass(frozen=True)
class OsloConfig:
    """What a service sees in its configuration files: section → option → all values, in their order.

    An option that is given twice has its last value, unless it is a multi-valued one. `[DEFAULT]` is a section like
    any other. `$references` are left as they are.
    """

    sections: Mapping[str, Mapping[str, tuple[str, ...]]] = field(repr=False)

    def get(self, section: str, option: str, default: str | None = None) -> str | None:
        """The last value of the option, else `default`."""
        values = self.get_all(section, option)
        return values[-1] if values else default

    def get_all(self, section: str, option: str) -> tuple[str, ...]:
        """Every value of a multi-valued option, in the files' order; none is an empty tuple."""
        return self.sections.get(_oslo_section(section), {}).get(option, ())

    def get_bool(self, section: str, option: str, default: bool) -> bool:
        """The option as oslo reads a boolean. BadConfigFile: it is none."""
        value = self.get(section, option)
        if value is None:
            return default
        if (word := value.strip().lower()) in _TRUE | _FALSE:
            return word in _TRUE
        raise BadConfigFile(f"[{section}] {option} = {value} is neither true nor false")

    def get_int(self, section: str, option: str, default: int) -> int:
        """The option as a whole number. BadConfigFile: it is none."""
        value = self.get(section, option)
        try:
            return default if value is None else int(value)
        except ValueError:
            raise BadConfigFile(f"[{section}] {option} = {value} is not a whole number") from None

    def get_list(self, section: str, option: str) -> tuple[str, ...]:
        """A list such as `a,b` or `[a,b]`; not given is an empty tuple."""
        value = (self.get(section, option) or "").strip()
        if value.startswith("[") and value.endswith("]"):
            value = value[1:-1]
        return tuple(part for part in (each.strip().strip("'\"") for each in value.split(",")) if part)

    def get_dict(self, section: str, option: str) -> dict[str, str]:
        """A mapping such as `dcn0:rbd,http:http`; not given is an empty dict. BadConfigFile: an entry has no `:`."""
        entries = {}
        for entry in self.get_list(section, option):
            key, colon, value = entry.partition(":")
            if not colon:
                raise BadConfigFile(f"[{section}] {option}: {entry} is not key:value")
            entries[key.strip()] = value.strip()
        return entries


def parse_oslo(*texts: str) -> OsloConfig:
    """The configuration of a service that reads these files in this order; a later one overrides an earlier one.

    Raises BadConfigFile where the service itself would refuse the file; it names the line.
    """
    sections: dict[str, dict[str, tuple[str, ...]]] = {}
    for text in texts:
        for section, option, value in _oslo_lines(text):
            options = sections.setdefault(_oslo_section(section), {})
            if option:
                options[option] = (*options.get(option, ()), value)
    return OsloConfig(sections)


def _oslo_section(name: str) -> str:
    return name if name == "DEFAULT" else name.lower()


def _oslo_lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Section, option and value of each assignment; a section's head has an empty option."""
    section: str | None = None
    option, value = "", ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if line[0] in " \t":
            if option:
                value += "\n" + line.strip()
                continue
            raise BadConfigFile(f"line {number}: a continued line, and nothing before it: {line.strip()}")
        if line[0] in "#;":
            continue
        if option:
            yield section or "", option, _unquoted(value)
            option = ""
        if line[0] == "[":
            section, closing, _ = line[1:].partition("]")
            if not closing or not section.strip():
                raise BadConfigFile(f"line {number}: not a section: {line}")
            section = section.strip()
            yield section, "", ""
            continue
        match = re.match(r"([^=:]+?)\s*[=:]\s*(.*)", line)
        if match is None:
            raise BadConfigFile(f"line {number}: neither a section nor option = value: {line}")
        if section is None:
            raise BadConfigFile(f"line {number}: an option before the first section: {line}")
        option, value = match[1].strip(), match[2].strip()
    if option:
        yield section or "", option, _unquoted(value)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


# --- ceph.conf

#: librados' own default of `keyring`.
_DEFAULT_KEYRINGS = (
    "/etc/ceph/$cluster.$name.keyring,/etc/ceph/$cluster.keyring,/etc/ceph/keyring,/etc/ceph/keyring.bin"
)
#: How a monitor without an address is written, with or without its protocol and nonce.
_NO_ADDRESS = re.compile(r"(?:v[12]:|none:|any:)?(?:-|:0?/\d+|:0)")


@dataclass(frozen=True)
class MonAddress:
    """One address of a monitor; `protocol` v1 or v2 and `port`, where they are given."""

    host: str
    port: int | None = None
    protocol: str | None = None


@dataclass(frozen=True)
class CephConf:
    """A client's or daemon's `/etc/ceph/<cluster>.conf`: section → key (words joined by `_`) → value."""

    sections: Mapping[str, Mapping[str, str]]

    def get(self, key: str, section: str = "global") -> str | None:
        """The value as `section` sees it: `client.external`, then `client`, then `global`."""
        for place in (section, section.partition(".")[0], "global"):
            value = self.sections.get(place, {}).get(_ceph_key(key))
            if value is not None:
                return value
        return None

    @property
    def fsid(self) -> str | None:
        return self.get("fsid")

    def keyrings(self, cluster: str, entity: str, option: str = "keyring") -> tuple[str, ...]:
        """Where this client looks for its key: the first of these files that is there.

        :param cluster: the name that librados takes from the file's own: `central` for `/etc/ceph/central.conf`
        :param entity: such as `client.external`
        :param option: the one that names them
        """
        kind, _, identity = entity.partition(".")
        known = {"cluster": cluster, "name": entity, "type": kind, "id": identity}
        given = re.sub(
            r"\$(?:\{(\w+)\}|(cluster|name|type|id)\b)",
            lambda found: known.get(found[1] or found[2], found[0]),
            self.get(option, entity) or _DEFAULT_KEYRINGS,
        )
        return tuple(path for path in re.split(r"[;,=\s]+", given) if path)

    @property
    def mon_addresses(self) -> tuple[MonAddress, ...]:
        """The monitors of `mon host`, else of the sections `[mon.x]`. BadConfigFile: an address cannot be read."""
        given = self.get("mon_host")
        if given is not None:
            return parse_mon_host(given)
        sections = [values for name, values in self.sections.items() if name.startswith("mon.")]
        single = [values.get("mon_addr") or values.get("public_addr") for values in sections]
        return tuple(address for text in single if text for address in parse_mon_host(text))

    @property
    def mon_hosts(self) -> frozenset[str]:
        """The monitors' addresses or names, without protocol and port; an IP address in its usual spelling."""
        return frozenset(address.host for address in self.mon_addresses)


def parse_ceph_conf(text: str) -> CephConf:
    """A ceph.conf. Raises BadConfigFile, which names the line."""
    sections: dict[str, dict[str, str]] = {}
    section: str | None = None
    for number, line in _ceph_lines(text):
        if line.startswith("["):
            if not line.endswith("]") or not line[1:-1].strip():
                raise BadConfigFile(f"line {number}: not a section: {line}")
            section = line[1:-1].strip()
            sections.setdefault(section, {})
            continue
        key, equals, value = line.partition("=")
        if not equals or not key.strip():
            raise BadConfigFile(f"line {number}: neither a section nor key = value: {line}")
        if section is None:
            raise BadConfigFile(f"line {number}: a key before the first section: {line}")
        sections[section][_ceph_key(key)] = _unquoted(value.strip())
    return CephConf(sections)


def parse_mon_host(text: str) -> tuple[MonAddress, ...]:
    """The addresses of `mon host`, in all its shapes. Raises BadConfigFile.

    `a,b` · `a b` · `a;b` · `192.0.2.10:6789` · `[2001:db8::1]:6789` · `[v2:192.0.2.10:3300/0,v1:192.0.2.10:6789/0]`
    A monitor without an address, `:/0`, gives none.
    """
    text = re.sub(r"[\"']", " ", text)
    flat, within_ipv6 = "", False
    for place, sign in enumerate(text):
        if sign == "[":
            # brackets that group one monitor's addresses say nothing that matters here; those of IPv6 do
            within_ipv6 = not re.match(r"v[12]:", text[place + 1 :])
        flat += " " if sign in "[]" and not within_ipv6 else sign
        within_ipv6 = within_ipv6 and sign != "]"
    parts = (part for part in re.split(r"[\s,;]+", flat.strip()) if part and not _NO_ADDRESS.fullmatch(part))
    return tuple(_mon_address(part, text) for part in parts)


def _mon_address(part: str, text: str) -> MonAddress:
    match = re.fullmatch(
        r"(?:(?P<protocol>v[12]):)?"
        r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<bare>[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*)|(?P<name>[\w.-]+))"
        r"(?::(?P<port>\d+))?(?:/\d+)?",
        part,
    )
    if match is None:
        raise BadConfigFile(f"mon host = {text}: {part} is not an address")
    host = match["six"] or match["bare"] or match["name"]
    try:
        host = str(ipaddress.ip_address(host))
    except ValueError as error:
        if match["name"] is None or re.fullmatch(r"[\d.]+", host):
            raise BadConfigFile(f"mon host = {text}: {host} is not an address") from error
    return MonAddress(host, int(match["port"]) if match["port"] else None, match["protocol"])


def _ceph_key(key: str) -> str:
    return re.sub(r"[\s_-]+", "_", key.strip().lower())


def _ceph_lines(text: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line that says something, comments and continuations taken care of."""
    pending, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first or number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        whole, start = pending + line, first
        pending, first = "", 0
        # a quoted value may hold the signs that start a comment
        said = re.match(r"""\s*((?:"[^"]*"|'[^']*'|[^#;"'])*)""", whole)
        if said and said[1].strip():
            yield start, said[1].strip()
    if pending.strip():
        yield first, pending.strip()


# --- keyrings


@dataclass(frozen=True)
class KeyringEntry:
    """A cephx user in a keyring file; a client's keyring often has no caps."""

    entity: str
    key: Secret
    caps: Mapping[str, str]


@dataclass(frozen=True)
class Keyring:
    """A keyring file: its users by entity, `client.external` and so on."""

    entries: Mapping[str, KeyringEntry]

    def entry(self, entity: str) -> KeyringEntry:
        """That user. LookupError: the file has no such; says which it has."""
        if entity in self.entries:
            return self.entries[entity]
        raise LookupError(f"no {entity} in the keyring; users there: {', '.join(self.entries) or 'none'}")


def parse_keyring(text: str) -> Keyring:
    """A keyring file. Raises BadConfigFile; a key is never in the message."""
    entries = {}
    for entity, values in parse_ceph_conf(text).sections.items():
        if "key" not in values:
            raise BadConfigFile(f"[{entity}] has no key")
        caps = {key.removeprefix("caps_"): value for key, value in values.items() if key.startswith("caps_")}
        entries[entity] = KeyringEntry(entity, Secret(values["key"]), caps)
    return Keyring(entries)
