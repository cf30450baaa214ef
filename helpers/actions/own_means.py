"""The flavor and the network that a run creates for its servers, where the environment file says `auto`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from helpers.actions.images import refusals_fail
from helpers.engine.execution import CURRENT
from helpers.environment import Environment
from helpers.openstack.answers import API_ERRORS, in_words
from helpers.openstack.cloud import Cloud
from helpers.openstack.glance import Needs
from helpers.outcomes import BlockedBy
from helpers.runs.run import Run

T = TypeVar("T")

_GIB = 1024**3
#: MiB of RAM for an image that does not say what it needs, up to a disk of 1 GiB and beyond
_RAM, _RAM_OF_A_DISTRIBUTION = 128, 512


def smallest(needs: Needs) -> tuple[int, int]:
    """The disk in GiB and the RAM in MiB of the smallest flavor that boots an image."""
    disk = max(1, needs.min_disk, -(-needs.bytes // _GIB))
    return disk, needs.min_ram or (_RAM if disk == 1 else _RAM_OF_A_DISTRIBUTION)


class OwnMeans:
    """A flavor for each size that images need, and a network. Each is created once, when the first server needs it.

    If one of them is refused, the first stage that needs it fails, and the others are blocked by that stage.
    """

    def __init__(self, environment: Environment, cloud: Cloud, run: Run) -> None:
        self._environment, self._cloud, self._run = environment, cloud, run
        self._lock = threading.Lock()
        self._created: dict[str, str | None] = {}
        self._refused: dict[str, tuple[str, str]] = {}

    def flavor(self, image_id: str | None) -> str:
        """The id of a flavor for this image; None: for a server that boots from a volume.

        :raises Failed: Nova refuses it
        :raises BlockedBy: Nova has refused it before
        """
        disk, ram = smallest(self._needs(image_id) if image_id else Needs())
        return str(self._once(f"flavor-{disk}g-{ram}m", lambda what: self._create_flavor(what, disk, ram)))

    def network(self) -> str | None:
        """The id of a network for servers at any site; None if Neutron offers no tenant networks.

        :raises Failed: Neutron refuses it
        :raises BlockedBy: Neutron has refused it before
        """
        return self._once("network", self._create_network)

    def _needs(self, image_id: str) -> Needs:
        glance = self._cloud.glance(self._environment.central)
        with refusals_fail(f"central: record of image {image_id}", glance.show_command(image_id)):
            return glance.needs(image_id)

    def _once(self, what: str, create: Callable[[str], str | None]) -> str | None:
        with self._lock:
            if what in self._refused:
                said, cause = self._refused[what]
                raise BlockedBy(said, cause=cause)
            if what not in self._created:
                try:
                    self._created[what] = create(what)
                except Exception as error:  # a silent service is waited for once
                    said = in_words(error) if isinstance(error, API_ERRORS) else str(error)
                    self._refused[what] = said, str(CURRENT.get() or what)
                    raise
            return self._created[what]

    def _create_flavor(self, what: str, disk: int, ram: int) -> str:
        name, nova = self._run.name(what), self._cloud.nova
        sizes = ("--vcpus", "1", "--ram", str(ram), "--disk", str(disk))
        reproduce = nova.command("flavor", "create", "--private", *sizes, name)
        with refusals_fail(f"central: flavor {name}", reproduce), self._run.ledger.asking("flavor", name):
            flavor_id = nova.create_flavor(name, ram=ram, disk=disk)
        self._run.ledger.plan("flavor", name, id=flavor_id)
        return flavor_id

    def _create_network(self, what: str) -> str | None:
        name, neutron = self._run.name(what), self._cloud.neutron
        reproduce = neutron.command("network", "create", name)
        with refusals_fail(f"central: network {name}", reproduce), self._run.ledger.asking("network", name) as entry:
            network_id = neutron.create(name)
        if network_id is None:
            self._run.ledger.gone(entry)
            return None
        self._run.ledger.plan("network", name, id=network_id)
        subnet = self._run.name("subnet")
        with refusals_fail(f"central: subnet {subnet}", neutron.command("subnet", "list", "--network", network_id)):
            neutron.create_subnet(network_id, subnet)
        return network_id
