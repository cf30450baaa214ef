"""The engine carries out each stage once, early, within limits; one failure blocks what depends on it."""

import threading
import time
import types
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from helpers.engine.capacity import Common, Limits
from helpers.engine.execution import Engine
from helpers.engine.results import ResultStore, StageResult, longest_chain
from helpers.engine.stages import Alias, Registry, StageKey
from helpers.outcomes import BlockedBy, Failed, NotOffered, Unknown
from helpers.wait import wait_until


@dataclass(frozen=True)
class FakeSite:
    name: str

    def __str__(self) -> str:
        return self.name


class FakeEnvironment:
    def site(self, name: str) -> FakeSite:
        return FakeSite(name)


@dataclass(frozen=True)
class Thing:
    names: frozenset[str]


class Bench:
    """An engine over the given stages, with a store in a folder of its own."""

    def __init__(self, folder: Path, registry: Registry, explain: Any = lambda error: None, **limits: int) -> None:
        self.registry, self.store = registry, ResultStore(folder)
        self.engine = Engine(
            registry, FakeEnvironment(), {}, self.store, limits=Limits(limits), threads=16, explain=explain
        )

    def run(self, *keys: StageKey) -> dict[str, StageResult]:
        self.engine.start(keys)
        wanted = self.registry.closure(keys, FakeEnvironment())

        def results() -> dict[str, StageResult]:
            found = {str(key): self.store.get(key, self.registry.stages[key.stage].returns) for key in wanted}
            return {name: result for name, result in found.items() if result}

        return wait_until(results, lambda found: len(found) == len(wanted), timeout=60, what="stages", interval=0.01)


POOL = Common("the pool")


def at(stage: str, site: str) -> StageKey:
    return StageKey(stage, (("site", site),))


def test_results_come_back_as_what_they_were(tmp_path: Path):
    def thing() -> Thing:
        return Thing(frozenset({"a", "b"}))

    registry = Registry(axes=("site",))
    registry.add(thing)

    assert Bench(tmp_path, registry).run(StageKey("thing"))["thing"].value == Thing(frozenset({"a", "b"}))


def test_shared_input_is_made_once(tmp_path: Path):
    made = Counter[str]()

    def image() -> int:
        made["image"] += 1
        return 1

    def copy(image, site) -> str:
        return f"{image} at {site}"

    registry = Registry(axes=("site",))
    registry.add(image)
    registry.add(copy)
    results = Bench(tmp_path, registry).run(at("copy", "dcn0"), at("copy", "dcn1"))

    assert made == {"image": 1}
    assert results["copy[dcn1]"].value == "1 at dcn1"


def test_one_failure_blocks_all_that_follows(tmp_path: Path):
    def image() -> int:
        raise Failed("dcn0: expected a, seen b", reproduce=["look here"])

    def copy(image, site) -> int:
        return image

    def server(copy, site) -> int:
        return copy

    registry = Registry(axes=("site",))
    for act in (image, copy, server):
        registry.add(act)
    results = Bench(tmp_path, registry).run(at("server", "dcn0"))

    assert (results["image"].outcome, results["image"].reproduce) == ("failed", ("look here",))
    assert {name: (result.outcome, result.cause) for name, result in results.items() if name != "image"} == {
        "copy[dcn0]": ("blocked", "image"),
        "server[dcn0]": ("blocked", "image"),
    }


def test_what_is_not_offered_is_skipped_with_all_that_needs_it(tmp_path: Path):
    """A stage that needs what the deployment does not offer is skipped with the same reason, not blocked."""

    def direct() -> int:
        raise NotOffered("glance-direct is not among the import methods")

    def copy(direct) -> int:
        return direct

    registry = Registry(axes=())
    for act in (direct, copy):
        registry.add(act)
    results = Bench(tmp_path, registry).run(StageKey("copy"))

    reason = "glance-direct is not among the import methods"
    assert {name: (result.outcome, result.error, result.cause) for name, result in results.items()} == {
        "direct": ("skipped", reason, None),
        "copy": ("skipped", reason, None),
    }


def test_what_has_failed_elsewhere_blocks_with_all_that_needs_it(tmp_path: Path):
    """A stage that meets another stage's failure is blocked by that stage, and so is what needs it."""

    def server() -> int:
        raise BlockedBy("central: flavor tiny: refused", cause="server[dcn0]")

    def console(server) -> int:
        return server

    registry = Registry(axes=())
    for act in (server, console):
        registry.add(act)
    results = Bench(tmp_path, registry).run(StageKey("console"))

    blocked = ("blocked", "central: flavor tiny: refused", "server[dcn0]")
    assert [(result.outcome, result.error, result.cause) for result in results.values()] == [blocked, blocked]


def test_a_failure_goes_before_what_is_not_offered(tmp_path: Path):
    """A stage that needs both a failed stage and a skipped one is blocked by the failure."""

    def direct() -> int:
        raise NotOffered("no glance-direct")

    def image() -> int:
        skipped.wait(60)
        raise Failed("dcn0: expected a, seen b")

    def both(direct, image) -> int:
        return direct

    skipped = threading.Event()
    registry = Registry(axes=())
    for act in (direct, image, both):
        registry.add(act)
    bench = Bench(tmp_path, registry)
    bench.engine.start([StageKey("both")])
    bench.run(StageKey("direct"))
    skipped.set()

    assert bench.run(StageKey("both"))["both"].outcome == "blocked"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(Unknown("no answer"), "unknown"), (ValueError("odd"), "failed"), (Failed("wrong"), "failed")],
)
def test_exceptions_become_outcomes(tmp_path: Path, error: Exception, outcome: str):
    def image() -> int:
        raise error

    registry = Registry(axes=())
    registry.add(image)
    result = Bench(tmp_path, registry).run(StageKey("image"))["image"]

    assert result.outcome == outcome
    assert str(error) in result.error


def test_what_a_library_raises_may_be_explained(tmp_path: Path):
    def image() -> int:
        raise ConnectionError("8774 is closed")

    def explained(error: Exception) -> Failed | None:
        return Failed(f"no answer: {error}", reproduce=["curl it"]) if isinstance(error, OSError) else None

    registry = Registry(axes=())
    registry.add(image)
    bench = Bench(tmp_path, registry, explain=explained)
    result = bench.run(StageKey("image"))["image"]

    assert (result.outcome, result.error, result.reproduce) == ("failed", "no answer: 8774 is closed", ("curl it",))


def test_independent_stages_run_side_by_side(tmp_path: Path):
    meeting = threading.Barrier(3, timeout=60)  # passes only when all three are running

    def stage(site) -> int:
        return meeting.wait()

    registry = Registry(axes=("site",))
    registry.add(stage)
    results = Bench(tmp_path, registry).run(*(at("stage", name) for name in ("a", "b", "c")))

    assert {result.outcome for result in results.values()} == {"passed"}


def test_limits_hold(tmp_path: Path):
    lock, now, most = threading.Lock(), Counter[str](), Counter[str]()
    pause = threading.Event()

    def stage(site) -> int:
        with lock:
            now["all"] += 1
            most["all"] = max(most["all"], now["all"])
        pause.wait(0.02)
        with lock:
            now["all"] -= 1
        return 0

    registry = Registry(axes=("site",))
    registry.add(stage, loads=("central",))
    Bench(tmp_path, registry, central=2).run(*(at("stage", f"dcn{number}") for number in range(8)))

    assert most == {"all": 2}


def test_the_end_of_a_pair_is_burdened(tmp_path: Path):
    lock, now, most = threading.Lock(), Counter[str](), Counter[str]()

    class Pairs:
        def site(self, name: str) -> types.SimpleNamespace:
            origin, target = name.split("-")
            return types.SimpleNamespace(origin=FakeSite(origin), target=FakeSite(target))

    def stage(pair) -> int:
        target = str(pair.target)
        with lock:
            now[target] += 1
            now["all"] += 1
            most.update({place: max(most[place], now[place]) - most[place] for place in (target, "all")})
        threading.Event().wait(0.1)
        with lock:
            now[target] -= 1
            now["all"] -= 1
        return 0

    registry = Registry(axes=("pair",))
    registry.add(stage, loads=("pair.target",))
    store = ResultStore(tmp_path)
    engine = Engine(registry, Pairs(), {}, store, limits=Limits({"a": 1}, site=2))
    keys = [StageKey("stage", (("pair", name),)) for name in ("x-a", "y-a", "z-a", "x-b", "y-b", "z-b")]
    engine.start(keys)
    wait_until(lambda: [store.get(key, int) for key in keys], all, timeout=10, what="stages", interval=0.01)

    assert most == {"a": 1, "b": 2, "all": 3}


def test_stages_that_change_the_same_thing_take_turns(tmp_path: Path):
    lock = threading.Lock()

    def image() -> int:
        return 1

    def copy(image, site) -> bool:
        alone = lock.acquire(blocking=False)
        threading.Event().wait(0.02)
        lock.release()
        return alone

    registry = Registry(axes=("site",))
    registry.add(image)
    registry.add(copy, changes=("image",))
    keys = [at("copy", f"dcn{number}") for number in range(4)]
    results = Bench(tmp_path, registry).run(*keys)

    assert [results[str(key)].value for key in keys] == [True] * 4


def test_what_is_read_is_not_changed_meanwhile(tmp_path: Path):
    """A stage that changes a thing waits for those that read it, and the readers run side by side."""
    meeting, changing = threading.Barrier(2, timeout=60), threading.Event()

    def server(site) -> int:
        return 1

    def stopped(server, site) -> int:
        changing.set()
        threading.Event().wait(0.05)
        changing.clear()
        return 1

    def disks(server, site) -> bool:
        meeting.wait()
        return changing.is_set()

    def console(server, site) -> bool:
        meeting.wait()
        return changing.is_set()

    registry = Registry(axes=("site",))
    registry.add(server)
    registry.add(stopped, changes=("server",))
    registry.add(disks, shares=("server",))
    registry.add(console, shares=("server",))
    results = Bench(tmp_path, registry).run(*(at(stage, "dcn0") for stage in ("stopped", "disks", "console")))

    assert (results["disks[dcn0]"].value, results["console[dcn0]"].value) == (False, False)


@pytest.mark.parametrize(
    ("declared", "order"),
    [
        ({"changes": ("server",)}, ["image", "attached"]),
        ({"shares": ("server",)}, ["image", "attached"]),
        ({"shares": ("server",), "mutating": False}, ["attached", "image"]),
    ],
)
def test_what_acts_yields_to_a_longer_chain(tmp_path: Path, declared: dict[str, Any], order: list[str]):
    """A stage that acts yields to one with a longer remaining chain, but a stage that only reads does not."""
    begun: list[str] = []

    def server() -> int:
        return 1

    def attached(server) -> int:
        begun.append("attached")
        return 1

    def booted(server) -> int:
        threading.Event().wait(0.1)
        return 1

    def image(server, booted) -> int:
        begun.append("image")
        return 1

    def copied(image) -> int:
        return 1

    registry = Registry(axes=())
    for act in (server, booted, copied):
        registry.add(act)
    registry.add(image, changes=("server",))
    registry.add(attached, **declared)
    Bench(tmp_path, registry).run(StageKey("attached"), StageKey("copied"))

    assert begun == order


def test_what_needs_a_thing_alone_lets_those_with_a_longer_way_go_first(tmp_path: Path):
    begun: list[str] = []

    def measured() -> int:
        begun.append("measured")
        return 0

    def first() -> int:
        threading.Event().wait(0.1)
        begun.append("first")
        return 0

    def copied(first) -> int:
        begun.append("copied")
        return 0

    def booted(copied) -> int:
        return 0

    registry = Registry(axes=("site",))
    registry.add(measured, alone=POOL)
    registry.add(first)
    registry.add(copied, shares=(POOL,))
    registry.add(booted)
    Bench(tmp_path, registry).run(StageKey("measured"), StageKey("booted"))

    assert begun == ["first", "copied", "measured"]


def test_nobody_comes_before_what_waits_for_a_thing_to_be_free(tmp_path: Path):
    begun: list[str] = []

    def early() -> int:
        threading.Event().wait(0.2)
        return 0

    def first() -> int:
        return 0

    def measured(first) -> int:
        begun.append("measured")
        return 0

    def shared(first, site) -> int:
        begun.append("shared")
        return 0

    registry = Registry(axes=("site",))
    registry.add(early, shares=(POOL,))
    registry.add(first)
    registry.add(measured, alone=POOL)
    registry.add(shared, shares=(POOL,))
    keys = [StageKey("early"), StageKey("measured"), *(at("shared", f"dcn{number}") for number in range(3))]
    Bench(tmp_path, registry).run(*keys)

    assert begun == ["measured", *["shared"] * 3]


def test_an_input_is_acted_on_by_one_stage_at_a_time(tmp_path: Path):
    busy: Counter[str] = Counter()
    guard, most = threading.Lock(), Counter()

    def image(group) -> str:
        return str(group)

    def copy(led_image, site) -> str:
        with guard:
            busy[led_image] += 1
            busy["all"] += 1
            most.update({name: 0 for name in busy})
            for name, count in busy.items():
                most[name] = max(most[name], count)
        threading.Event().wait(0.05)
        with guard:
            busy[led_image] -= 1
            busy["all"] -= 1
        return led_image

    registry = Registry(axes=("site", "group"))
    registry.add(image)
    registry.add(copy, changes=("led_image",))
    registry.add_alias(
        Alias("led_image", ("site",), lambda environment, at: ("image", {"group": FakeSite(str(at["site"])[0])}))
    )
    results = Bench(tmp_path, registry).run(*(at("copy", site) for site in ("a1", "a2", "a3", "b1", "b2", "b3")))

    assert {result.outcome for result in results.values()} == {"passed"}
    assert (most["a"], most["b"], most["all"]) == (1, 1, 2)


def test_a_thousand_stages_cost_little(tmp_path: Path):
    """The engine's own work does not grow with the square of the number of stages."""

    def first(site) -> int:
        return 1

    def second(first, site) -> int:
        return first + 1

    registry = Registry(axes=("site",))
    registry.add(first, loads=("site",))
    registry.add(second, loads=("central",))
    keys = [at("second", f"dcn{number}") for number in range(500)]
    begun = time.process_time()
    bench = Bench(tmp_path, registry, central=4)
    bench.engine.start(keys)
    wait_until(lambda: len(list(tmp_path.glob("*.json"))), lambda count: count == 1000, timeout=60, what="stages")

    assert time.process_time() - begun < 10


def test_what_is_known_to_stand_in_the_way_blocks_before_anything_is_done(tmp_path: Path):
    done: list[str] = []

    def copied(site: FakeSite) -> str:
        done.append(site.name)
        return ""

    def booted(copied: str, site: FakeSite) -> str:
        return ""

    @dataclass(frozen=True)
    class Finding:
        key: str = "preflight[dcn1-rbd]"

        def __str__(self) -> str:
            return "dcn1: rbd: no answer"

    registry = Registry(axes=("site",))
    registry.add(copied)
    registry.add(booted)
    bench = Bench(tmp_path, registry)
    bench.engine._blocker = lambda stage, key: (
        Finding() if key == at("copied", "dcn1") else None  # the other follows from its inputs
    )

    results = bench.run(at("booted", "dcn0"), at("booted", "dcn1"))

    assert done == ["dcn0"]
    assert results["booted[dcn0]"].outcome == "passed"
    for name in ("copied[dcn1]", "booted[dcn1]"):
        assert (results[name].outcome, results[name].cause) == ("blocked", "preflight[dcn1-rbd]")
        assert results[name].error == "dcn1: rbd: no answer"


def test_stopped_engine_reports_what_did_not_begin(tmp_path: Path):
    begun = threading.Event()

    def slow(site) -> int:
        begun.set()
        wait_until(bench.store.all, bool, timeout=60, what="the other stage's report", interval=0.01)
        return 0

    registry = Registry(axes=("site",))
    registry.add(slow, loads=("central",))
    bench = Bench(tmp_path, registry, central=1)
    bench.engine.start([at("slow", "a"), at("slow", "b")])
    begun.wait(60)
    bench.engine.stop(grace=60)

    outcomes = sorted(result.outcome for result in bench.store.all())
    assert outcomes == ["passed", "unknown"]


def test_secrets_stay_out_of_results(tmp_path: Path):
    def image() -> str:
        raise Failed("key = AQD29WteAAAAABAAphgOjFD7nyjdYe8Lz0mQ5Q==")

    registry = Registry(axes=())
    registry.add(image)
    Bench(tmp_path, registry).run(StageKey("image"))

    assert "AQD29" not in (tmp_path / "image.json").read_text()


def test_longest_chain_adds_up_along_needs():
    results = [
        StageResult("a", "passed", seconds=2.0),
        StageResult("b", "passed", seconds=3.0, needs=("a",)),
        StageResult("c", "passed", seconds=4.0),
    ]

    assert longest_chain(results) == 5.0
