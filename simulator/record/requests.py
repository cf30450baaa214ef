"""The kind of an HTTP request, and the shape of its answer.

A kind consists of the service's type, the method, the path with `{id}` and `{name}` for a deployment's own names, the
keys of the query, the action of a Nova or Cinder action, and the microversion.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from simulator.record.shapes import ROOT, Field, Shape, one, shape_of

HEADER = "header "
_HEADERS = (
    *("location", "x-openstack-request-id", "x-compute-request-id", "openstack-api-version"),
    *("x-openstack-nova-api-version", "x-subject-token", "www-authenticate", "retry-after", "content-md5"),
    *("openstack-image-import-methods", "openstack-image-store-ids"),
)
# the API's own words in paths; all other parts of a path count as names, which never get into a record
_TEXT = """
    versions info stores detail import images file stage tasks schemas members auth tokens catalog projects users
    domains regions services endpoints roles servers action flavors os-extra_specs os-volume_attachments os-interface
    os-security-groups os-keypairs os-services os-aggregates os-availability-zone os-hypervisors os-console-output
    extensions limits volumes snapshots types default clusters attachments backups os-quota-sets messages
    networks subnets ports security-groups security-group-rules floatingips agents resource_providers inventories
    allocations usages identity compute volume image network placement
"""
_WORDS = frozenset(_TEXT.split())
_VERSION = re.compile(r"v\d+(?:\.\d+)?")
_IDENTIFIER = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}|\d+")


def kind(method: str, url: str, headers: Mapping[str, str], body: bytes | str | None) -> str:
    """Return a request's kind without its service: `GET /v2.1/servers/{id} (2.93)`."""
    parts = urlsplit(url)
    found = f"{method} {_path(parts.path)}"
    if keys := sorted({key for key, _ in parse_qsl(parts.query, keep_blank_values=True)}):
        found += f"?{'&'.join(keys)}"
    if parts.path.endswith("/action"):
        found += f" {_action(body)}"
    if version := _microversion(headers):
        found += f" ({version})"
    return found


def _path(path: str) -> str:
    return "/".join(_segment(unquote(each)) for each in path.split("/")) or "/"


def _segment(text: str) -> str:
    if not text or text in _WORDS or _VERSION.fullmatch(text):
        return text
    return "{id}" if _IDENTIFIER.fullmatch(text) else "{name}"


def _action(body: bytes | str | None) -> str:
    try:
        asked = json.loads(body or "{}")
    except ValueError:
        return "{}"
    return "{" + ",".join(sorted(asked)) + "}" if isinstance(asked, dict) else "{}"


def _microversion(headers: Mapping[str, str]) -> str:
    asked = headers.get("openstack-api-version", "")
    return asked.partition(" ")[2] or headers.get("x-openstack-nova-api-version", "")


def answer(headers: Mapping[str, str], body: Any) -> Shape:
    """Return the shape of an answer with the headers that clients use; `body` is JSON or a NotJson."""
    found: dict[str, Field] = {f"{HEADER}{name}": one("there") for name in _HEADERS if name in headers}
    media = headers.get("content-type", "none").partition(";")[0].strip().lower()
    found[f"{HEADER}content-type"] = one(media)
    found.update({ROOT: one(str(body))} if isinstance(body, NotJson) else shape_of(body))
    return found


class NotJson(str):
    """The kind of a body that is not JSON: `empty`, `text` or `data`."""

    __slots__ = ()


def endpoints(body: Any) -> Iterable[tuple[str, str]]:
    """Yield host and port, with the service type, of each endpoint in the catalog that came with a token, if any."""
    token = body.get("token") if isinstance(body, Mapping) else None
    for service in (token or {}).get("catalog", ()) if isinstance(token, Mapping) else ():
        for endpoint in service["endpoints"]:
            yield urlsplit(endpoint["url"]).netloc, service["type"]
