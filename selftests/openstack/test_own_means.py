"""`flavor: auto` and `network: auto`: each is created once, in the ledger before it is requested, and refused once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openstack.exceptions
import pytest

from helpers.actions.own_means import OwnMeans, smallest
from helpers.openstack.glance import Needs
from helpers.openstack.neutron import Neutron
from helpers.outcomes import BlockedBy, Failed
from helpers.runs.ledger import Ledger

GIB = 1024**3


class FakeCloud:
    """Images with needs, and services that note what they create; `refuses` is what they answer instead."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self.images, self.created = ledger, dict[str, Needs](), list[tuple[object, ...]]()
        self.refuses: Exception | None = None
        self.tenant_networks = True
        self.nova = self.neutron = self

    def glance(self, site: object) -> Any:
        return SimpleNamespace(needs=self.images.__getitem__, show_command=str)

    def command(self, *words: str) -> str:
        return " ".join(words)

    def create_flavor(self, name: str, *, ram: int, disk: int) -> str:
        return str(self._create("flavor", name, disk, ram))

    def create(self, name: str) -> str | None:
        return self._create("network", name) if self.tenant_networks else None

    def create_subnet(self, network_id: str, name: str) -> None:
        self.created.append(("subnet", network_id))

    def _create(self, kind: str, name: str, *sizes: int) -> str:
        assert (kind, name) in {(entry.kind, entry.name) for entry in self._ledger.pending()}
        self.created.append((kind, *sizes))
        if self.refuses:
            raise self.refuses
        return f"{kind}-{len(self.created)}"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.jsonl")


@pytest.fixture
def cloud(ledger: Ledger) -> FakeCloud:
    return FakeCloud(ledger)


@pytest.fixture
def own(ledger: Ledger, cloud: FakeCloud) -> OwnMeans:
    run: Any = SimpleNamespace(ledger=ledger, name=lambda what: f"dcn-verify.run.{what}")
    environment: Any = SimpleNamespace(central="central")
    fake: Any = cloud
    return OwnMeans(environment, fake, run)


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        (Needs(), (1, 128)),
        (Needs(24 * 1024**2), (1, 128)),
        (Needs(GIB), (1, 128)),
        (Needs(GIB + 1), (2, 512)),
        (Needs(GIB, min_disk=10), (10, 512)),
        (Needs(3 * GIB, min_ram=2048), (3, 2048)),
    ],
)
def test_the_smallest_flavor_that_boots_an_image(needs: Needs, expected: tuple[int, int]):
    assert smallest(needs) == expected


def test_one_flavor_for_each_size_and_one_network(own: OwnMeans, cloud: FakeCloud, ledger: Ledger):
    cloud.images = {"small": Needs(5), "smaller": Needs(1), "large": Needs(2 * GIB)}

    assert own.flavor("small") == own.flavor("smaller") == own.flavor(None) == "flavor-1"
    assert own.flavor("large") == "flavor-2"
    assert own.network() == own.network() == "network-3"
    assert cloud.created == [("flavor", 1, 128), ("flavor", 2, 512), ("network",), ("subnet", "network-3")]
    assert {(entry.kind, entry.id) for entry in ledger.pending()} == {
        ("flavor", "flavor-1"),
        ("flavor", "flavor-2"),
        ("network", "network-3"),
    }


def test_without_tenant_networks_servers_have_none(own: OwnMeans, cloud: FakeCloud, ledger: Ledger):
    cloud.tenant_networks = False

    assert (own.network(), own.network(), ledger.pending()) == (None, None, [])


@pytest.mark.parametrize("what", ["flavor", "network"])
def test_a_refusal_fails_once_and_blocks_the_others(own: OwnMeans, cloud: FakeCloud, ledger: Ledger, what: str):
    cloud.refuses = openstack.exceptions.ForbiddenException("Quota exceeded", http_status=403)
    use = own.network if what == "network" else lambda: own.flavor(None)

    with pytest.raises(Failed, match=f"central: {what} dcn-verify.run.{what}.*\nexpected: accepted\n.*Quota") as first:
        use()
    with pytest.raises(BlockedBy, match="Quota exceeded"):
        use()
    assert first.value.reproduce[0].startswith(f"{what} create")
    assert (len(cloud.created), ledger.pending()) == (1, [])


def test_a_silent_service_is_waited_for_once(own: OwnMeans, cloud: FakeCloud):
    cloud.refuses = TimeoutError("no answer within 60 s")

    with pytest.raises(TimeoutError):
        own.network()
    with pytest.raises(BlockedBy, match="no answer within 60 s"):
        own.network()
    assert cloud.created == [("network",)]


@pytest.mark.parametrize(("kind", "offered"), [("NoNetworkAvailable", False), ("ServiceUnavailable", True)])
def test_only_neutrons_own_word_means_that_it_offers_none(kind: str, offered: bool, monkeypatch: pytest.MonkeyPatch):
    """A Neutron that is overloaded answers 503, too."""
    answer = SimpleNamespace(status_code=503, json=lambda: {"NeutronError": {"type": kind, "message": "no"}})
    proxy = SimpleNamespace(post=lambda path, json: answer, networks=list)

    def refuse(response: object) -> None:
        raise openstack.exceptions.HttpException("no", http_status=500)

    monkeypatch.setattr("openstack.exceptions.raise_from_response", refuse)
    monkeypatch.setattr("helpers.openstack.neutron.once", lambda ask, effect, what: ask())
    config: Any = SimpleNamespace(get_session_client=lambda service, constructor: proxy)
    connection: Any = SimpleNamespace(config=config)
    neutron = Neutron(connection, "cloud")

    if not offered:
        assert neutron.create("n") is None
        return
    with pytest.raises(openstack.exceptions.HttpException):
        neutron.create("n")
