"""Stages: small named functions that act on the cloud, declared with their inputs, each carried out once per run.

A stage's inputs are its parameters. A parameter is an axis (`site`: the stage exists once per value), another stage
(its result is handed in), or a resource of the run (`cloud`, `clusters`, `run`). So the graph is read off the
signatures.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_type_hints

from helpers.engine.capacity import Common, Demand, Hold, Load
from helpers.environment.places import place

Act = TypeVar("Act", bound=Callable[..., Any])


@dataclass(frozen=True)
class StageKey:
    """One instance of a stage: its name and the value of each of its axes, as in `copied_image[dcn1]`."""

    stage: str
    axes: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.stage + (f"[{'-'.join(value for _, value in self.axes)}]" if self.axes else "")

    def __lt__(self, other: StageKey) -> bool:
        return str(self) < str(other)


@dataclass(frozen=True)
class Stage:
    """A declared stage.

    - `loads`: the places that it is work for: `central`, an axis, or a pair's end as `pair.target`; so many stages run
      there at once as the environment allows
    - `changes`: the stages, or aliases of stages, whose thing it changes. It holds the thing alone, so that no two
      stages act on one thing at a time (Nova and Glance refuse the second one)
    - `hands_on`: what it changes, too, and then gives as its own result: whoever holds its thing holds that one
    - `shares`: what it reads that others change, a stage's thing or a common one; nobody has it alone meanwhile
    - `alone`: the common thing that nobody else may use meanwhile
    - `mutating`: whether it creates or changes cloud resources
    - `requires`: what the preflight must have found in order, besides what its parameters say of themselves
    - `claims`: the claims that a failure of the stage itself refutes
    """

    name: str
    act: Callable[..., Any]
    inputs: tuple[str, ...]
    returns: Any
    module: str
    loads: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    hands_on: str | None = None
    shares: tuple[str | Common, ...] = ()
    alone: Common | None = None
    mutating: bool = True
    requires: tuple[Any, ...] = ()
    claims: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alias:
    """A name that stands for a stage elsewhere, or for one of several: `central_cluster` is `ceph_cluster[central]`.

    `resolve` takes the environment and the alias's own axis values, and gives the stage's name and axis values.
    """

    name: str
    axes: tuple[str, ...]
    resolve: Callable[[Any, Mapping[str, Any]], tuple[str, Mapping[str, Any]]]


class BadGraph(ValueError):
    """A stage's declaration does not fit the others."""


@dataclass
class Registry:
    """All declared stages and aliases, and the axes that they extend over."""

    axes: tuple[str, ...]
    stages: dict[str, Stage] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)

    def add(self, act: Callable[..., Any], **declared: Any) -> Stage:
        """Declare a stage.

        :raises BadGraph: when the name is taken or the result has no type
        """
        name = act.__name__
        if name in self.stages or name in self.aliases:
            raise BadGraph(f"stage {name} is declared twice")
        returns = get_type_hints(act).get("return")
        if returns is None:
            raise BadGraph(f"stage {name} does not say what type it returns")
        stage = Stage(name, act, tuple(inspect.signature(act).parameters), returns, act.__module__, **declared)
        self.stages[name] = stage
        return stage

    def add_alias(self, alias: Alias) -> None:
        """Declare an alias.

        :raises BadGraph: when the name is taken
        """
        if alias.name in self.stages or alias.name in self.aliases:
            raise BadGraph(f"stage {alias.name} is declared twice")
        self.aliases[alias.name] = alias

    def axes_of(self, name: str, _path: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The axes that a stage or alias extends over, its inputs' included, in the registry's order.

        :raises BadGraph: stages need each other in a circle
        """
        if name in _path:
            raise BadGraph("stages need each other in a circle: " + " → ".join((*_path, name)))
        if name in self.aliases:
            found = set(self.aliases[name].axes)
        else:
            inputs = self.stages[name].inputs
            found = {parameter for parameter in inputs if parameter in self.axes}
            for parameter in inputs:
                if parameter in self.stages or parameter in self.aliases:
                    found |= set(self.axes_of(parameter, (*_path, name)))
        return tuple(axis for axis in self.axes if axis in found)

    def key(self, name: str, values: Mapping[str, Any], environment: Any) -> StageKey:
        """The instance of a stage (or of the stage an alias stands for) at the given axis values.

        :param values: axis name → its value (a site)
        """
        if name in self.aliases:
            alias = self.aliases[name]
            return self.key(*alias.resolve(environment, {axis: values[axis] for axis in alias.axes}), environment)
        return StageKey(name, tuple((axis, str(values[axis])) for axis in self.axes_of(name)))

    def needs(self, key: StageKey, environment: Any) -> dict[str, StageKey]:
        """The stage instances that one needs: parameter name → key."""
        values = _values(key, environment)
        return {
            parameter: self.key(parameter, values, environment)
            for parameter in self.stages[key.stage].inputs
            if parameter in self.stages or parameter in self.aliases
        }

    def demand(self, key: StageKey, environment: Any) -> Demand:
        """What a stage takes while it runs.

        :raises BadGraph: it holds the thing of a stage that there is not
        """
        stage, values = self.stages[key.stage], _values(key, environment)

        def thing(name: str | Common) -> StageKey | Common:
            return self._thing(name, values, environment, stage) if isinstance(name, str) else name

        alone = [thing(name) for name in (*stage.changes, stage.hands_on, stage.alone) if name]
        return Demand(
            tuple(Load(_place_of(load, values), reading=not stage.mutating) for load in stage.loads),
            (*(Hold(one, alone=True) for one in alone), *(Hold(thing(name)) for name in stage.shares)),
        )

    def _thing(self, name: str, values: Mapping[str, Any], environment: Any, holder: Stage) -> StageKey:
        """The stage that has made what the stage, or alias, of this name gives."""
        if name not in self.stages and name not in self.aliases:
            raise BadGraph(f"stage {holder.name} holds what {name} has made, and there is no such stage")
        key = self.key(name, values, environment)
        maker = self.stages[key.stage]
        return self._thing(maker.hands_on, _values(key, environment), environment, maker) if maker.hands_on else key

    def closure(self, keys: Iterable[StageKey], environment: Any) -> dict[StageKey, int]:
        """The given stages and all that they need, each with its depth (1: needs no other stage), shallow first."""
        depths: dict[StageKey, int] = {}

        def depth(key: StageKey) -> int:
            if key not in depths:
                depths[key] = 1 + max(map(depth, self.needs(key, environment).values()), default=0)
            return depths[key]

        for key in keys:
            depth(key)
        return dict(sorted(depths.items(), key=lambda pair: (pair[1], str(pair[0]))))


def _values(key: StageKey, environment: Any) -> dict[str, Any]:
    """Axis → the site or pair that it stands for."""
    return {axis: place(environment, value) for axis, value in key.axes}


def _place_of(load: str, values: Mapping[str, Any]) -> str:
    """The place that a load is at: an axis stands for its value, `pair.target` for that end of the pair."""
    axis, _, end = load.partition(".")
    if axis not in values:
        return load
    return str(getattr(values[axis], end) if end else values[axis])
