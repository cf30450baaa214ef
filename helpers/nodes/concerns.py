"""What a failure is about, for whoever looks into the logs: its sites, what it names, the services that failed it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from helpers.environment import Environment
from helpers.environment.values import UUID

_ID = re.compile(rf"\b{UUID}\b")
#: A service that answers with an error of its own, or not at all.
_TROUBLE = re.compile(
    r"(?:HTTP|answers) 5\d\d|no answer|not running|no running container|refused|timed out|stablish a new connection"
    r"|aborted|reset"
)
#: What a request or a command by hand asks for, and the service of central's that it is asked of.
_ASKED = {
    "glance": re.compile(r"--os-cloud \S+ image\b"),
    "nova_api": re.compile(r"--os-cloud \S+ (?:.* )?(?:server|compute|console|volume)\b|/(?:servers|volumes|os-\w+)\b"),
}


@dataclass(frozen=True)
class Concern:
    """What a failure is about. `services`: site and service, as the environment file names both."""

    sites: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    services: frozenset[tuple[str, str]] = frozenset()


def ids_in(*texts: str) -> frozenset[str]:
    """The UUIDs that the texts name: of images, servers, volumes, requests."""
    return frozenset(found for text in texts for found in _ID.findall(text))


def concern_of(environment: Environment, sites: Iterable[str], message: str, reproduce: Iterable[str]) -> Concern:
    """What a failure with this message, and these commands that show it, is about.

    A failure that belongs to no site is at those that its message begins with, as a preflight's finding does.
    """
    reproduce = tuple(reproduce)
    known = {site.name for site in environment.sites}
    at = frozenset(sites) or frozenset(known & set(re.split(r"[,:\s]+", message.partition("\n")[0])))
    # a command shows what the failure is about; a message also names what that was made from
    ids = ids_in(*reproduce) or ids_in(message)
    services = frozenset(_services(environment, at, message, reproduce)) if _TROUBLE.search(message) else frozenset()
    return Concern(at, ids, services)


def _services(
    environment: Environment, at: frozenset[str], message: str, reproduce: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    text = "\n".join((message, *reproduce))
    central, known = environment.central.name, {site.name for site in environment.sites}
    for site in environment.storage_sites:
        if site.glance and not site.shares_glance and urlsplit(site.glance).netloc in text:
            yield site.name, "glance"
    for service, asked in _ASKED.items():
        if asked.search(text):
            yield central, service
    for service in ("glance", "nova_compute", "cinder_volume", "nova_api"):
        for name in known & at:
            container = environment.site(name).services[service].container
            named = rf"not running: [^;]*\b{container}\b|no running container {container}\b"
            if container and re.search(named, message):
                yield name, service
