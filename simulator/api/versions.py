"""Microversions, and the documents in which clients find them."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from simulator.world.refusal import Refusal


def document(identifier: str, href: str, lowest: str, highest: str, kind: str) -> dict[str, Any]:
    """Return one version of an API in the form of Nova and Cinder; `kind` is like `compute+json;version=2.1`."""
    return {
        "id": identifier,
        "status": "CURRENT",
        "version": highest,
        "min_version": lowest,
        "updated": "2022-10-05T00:00:00Z",
        "links": [
            {"rel": "self", "href": href},
            {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
        ],
        "media-types": [{"base": "application/json", "type": f"application/vnd.openstack.{kind}"}],
    }


def microversion(request: Request, service: str, lowest: str, highest: str) -> tuple[int, int]:
    """Return the version that a request asks for, or the lowest one.

    Raises Refusal for an unsupported version (406).
    """
    asked = lowest
    for part in request.headers.get("openstack-api-version", "").split(","):
        name, _, version = part.strip().partition(" ")
        if name == service and version:
            asked = version
    if service == "compute":
        asked = request.headers.get("x-openstack-nova-api-version", asked)
    if asked == "latest":
        asked = highest
    major, _, minor = asked.partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        raise Refusal(400, f"API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum.")
    found = int(major), int(minor)
    if not parsed(lowest) <= found <= parsed(highest):
        raise Refusal(
            406,
            f"Version {asked} is not supported by the API. Minimum is {lowest} and maximum is {highest}.",
        )
    return found


def parsed(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)
