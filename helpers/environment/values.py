"""The types of values in an environment file, with the messages that reject invalid ones."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StrictFloat, StrictInt

from helpers.redact import redact

#: As OpenStack and Ceph write an id of their own, an FSID too.
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#: What the image that `dcn-verify image` builds writes to its console.
GUEST_BOOTED, GUEST_MARKER = "DCN-VERIFY booted:", "DCN-VERIFY marker:"
HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_-]+)*\.?")


def short(host: str) -> str:
    """A host name without its domain; an address stays whole."""
    return host if re.fullmatch(r"[\d.]+|.*:.*", host) else host.split(".")[0]


def _url(value: str) -> str:
    shown = repr(redact(value))
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{shown} is not a URL ({error}); write it like http://192.0.2.10:9292") from error
    unfit = re.search(r"\s", value) or not value.isprintable()
    if parts.scheme not in {"http", "https"} or not parts.hostname or unfit or port == 0:
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
    if re.fullmatch(r"[\d.]+", value) or not HOST_NAME.fullmatch(value):
        raise ValueError(f"{value!r} is neither an IP address nor a host name; give one of them, without a port")
    return value


def _word(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; give it a value or leave the key out")
    if value != value.strip() or not value.isprintable():
        raise ValueError(f"{value!r} has white space around it or characters that cannot be printed; take them out")
    return value


def container_pattern(value: str) -> str:
    unknown = [name for name in re.findall(r"\{(.*?)\}", _word(value)) if name not in {"hostname", "fsid"}]
    if unknown or value.count("{") != value.count("}"):
        raise ValueError(f"{value!r}: only {{hostname}} and {{fsid}} may stand in braces")
    return value


def _network_name(value: str) -> str:
    if re.search(r"[{}]", _word(value).replace("{site}", "")):
        raise ValueError(f"{value!r}: only {{site}} may stand in braces, for the site's name")
    return value


def _ceph_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", value) or value.startswith("client."):
        raise ValueError(f"{value!r} is not a name of Ceph's; use letters, digits, `-_.`, without `client.` before it")
    return value


def _absolute_path(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError(f"{value!r} is a file on the node; give its absolute path")
    return value


def _stack_name(value: str) -> str:
    # Heat's own rule
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,254}", value):
        raise ValueError(f"{value!r} is not a stack's name; name it as `openstack stack list` does")
    return value


def as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _as_path(value: object) -> object:
    return Path(_word(value)) if isinstance(value, str) else value


# the reference of the environment file, generated from the model's JSON Schema, shows `format` and `unit`
Word = Annotated[str, AfterValidator(_word)]
HttpUrl = Annotated[str, AfterValidator(_url), Field(json_schema_extra={"format": "URL"})]
GlanceUrl = Annotated[str, AfterValidator(_glance_url), Field(json_schema_extra={"format": "URL"})]
Address = Annotated[str, AfterValidator(_address), Field(json_schema_extra={"format": "IP address or host name"})]
LocalPath = Annotated[Path, BeforeValidator(_as_path)]
NetworkName = Annotated[str, AfterValidator(_network_name)]
CephName = Annotated[str, AfterValidator(_ceph_name)]
StackName = Annotated[str, AfterValidator(_stack_name)]
RemotePath = Annotated[
    str, AfterValidator(_absolute_path), Field(json_schema_extra={"format": "absolute path on the node"})
]
#: Larger than any value that makes sense, and small enough for the timeout of a socket or a lock.
MOST = 1_000_000
Positive = Annotated[StrictInt, Field(gt=0, le=MOST)]
Port = Annotated[StrictInt, Field(gt=0, le=65535)]
WholeSeconds = Annotated[StrictInt, Field(gt=0, le=MOST, json_schema_extra={"unit": "seconds"})]
Seconds = Annotated[StrictInt | StrictFloat, Field(gt=0, le=MOST, json_schema_extra={"unit": "seconds"})]
Bytes = Annotated[StrictInt, Field(ge=0, le=2**60, json_schema_extra={"unit": "bytes"})]
