"""The graph of stages is derived from their signatures."""

from dataclasses import dataclass

import pytest

from helpers.engine.capacity import Common, Demand, Hold, Load
from helpers.engine.stages import Alias, BadGraph, Registry, StageKey


@dataclass(frozen=True)
class FakeSite:
    name: str

    def __str__(self) -> str:
        return self.name


class FakeEnvironment:
    def site(self, name: str) -> FakeSite:
        return FakeSite(name)


ENVIRONMENT = FakeEnvironment()


def image(cloud) -> int:
    return 1


def copy(image, dcn) -> int:
    return image + 1


def server(local_image, dcn) -> int:
    return local_image + 1


@pytest.fixture
def registry() -> Registry:
    registry = Registry(axes=("site", "dcn"))
    for act in (image, copy, server):
        registry.add(act)
    registry.add_alias(
        Alias(
            "local_image", ("dcn",), lambda environment, at: ("image", {}) if at["dcn"].name == "dcn0" else ("copy", at)
        )
    )
    return registry


def test_axes_come_through_inputs(registry: Registry):
    assert registry.axes_of("image") == ()
    assert registry.axes_of("server") == ("dcn",)


def test_needs_resolve_aliases_by_site(registry: Registry):
    first = registry.key("server", {"dcn": FakeSite("dcn0")}, ENVIRONMENT)
    later = registry.key("server", {"dcn": FakeSite("dcn1")}, ENVIRONMENT)

    assert registry.needs(first, ENVIRONMENT) == {"local_image": StageKey("image")}
    assert registry.needs(later, ENVIRONMENT) == {"local_image": StageKey("copy", (("dcn", "dcn1"),))}


def test_closure_lists_shallow_stages_first(registry: Registry):
    key = registry.key("server", {"dcn": FakeSite("dcn1")}, ENVIRONMENT)

    assert {str(key): depth for key, depth in registry.closure([key], ENVIRONMENT).items()} == {
        "image": 1,
        "copy[dcn1]": 2,
        "server[dcn1]": 3,
    }


def test_what_is_changed_is_the_thing_of_the_stage_that_made_it(registry: Registry):
    """A stage that changes an input by its alias holds the thing that the alias stands for at its site."""

    def stopped(local_image, dcn) -> int:
        return 1

    registry.add(stopped, loads=("central", "dcn"), changes=("local_image",), shares=(Common("the pool"),))
    held = {
        name: registry.demand(registry.key("stopped", {"dcn": FakeSite(name)}, ENVIRONMENT), ENVIRONMENT)
        for name in ("dcn0", "dcn1")
    }

    pool = Hold(Common("the pool"))
    assert held == {
        "dcn0": Demand((Load("central"), Load("dcn0")), (Hold(StageKey("image"), alone=True), pool)),
        "dcn1": Demand((Load("central"), Load("dcn1")), (Hold(StageKey("copy", (("dcn", "dcn1"),)), alone=True), pool)),
    }


def test_what_is_handed_on_is_still_the_thing_of_the_stage_that_made_it(registry: Registry):
    def copied(image, dcn) -> int:
        return image

    def copied_again(copied, dcn) -> int:
        return copied

    registry.add(copied, hands_on="image")
    registry.add(copied_again, shares=("copied",))
    key = registry.key("copied_again", {"dcn": FakeSite("dcn0")}, ENVIRONMENT)

    assert registry.demand(StageKey("copied", key.axes), ENVIRONMENT).holds == (Hold(StageKey("image"), alone=True),)
    assert registry.demand(key, ENVIRONMENT).holds == (Hold(StageKey("image")),)


def test_nothing_can_be_held_that_no_stage_makes(registry: Registry):
    def stopped(image) -> int:
        return 1

    registry.add(stopped, changes=("imaeg",))

    with pytest.raises(BadGraph, match="stage stopped holds what imaeg has made"):
        registry.demand(StageKey("stopped"), ENVIRONMENT)


def test_circle_is_named():
    def egg(hen) -> int:
        return hen

    def hen(egg) -> int:
        return egg

    registry = Registry(axes=())
    registry.add(egg)
    registry.add(hen)

    with pytest.raises(BadGraph, match=r"in a circle: .*hen → egg"):
        registry.closure([StageKey("egg")], ENVIRONMENT)


def test_name_is_taken_once(registry: Registry):
    with pytest.raises(BadGraph, match="image is declared twice"):
        registry.add(image)


def test_stage_says_what_it_returns():
    def vague(cloud):
        return 1

    with pytest.raises(BadGraph, match="vague does not say what type"):
        Registry(axes=()).add(vague)
