"""Faults of the undercloud's stacks: real stacks that Heat has brought into these states."""

from __future__ import annotations

from lab import stacks
from lab.cloud import Cloud
from lab.faults.breaking import Breaking

# Seconds. Heat treats -1 as endless. Healing deletes the stack, which must not take as long.
_FOR_EVER = {"update": -1, "delete": 0}


def stack_missing(at: Breaking) -> None:
    at.stack(stacks.delete)


def stack_create_failed(at: Breaking) -> None:
    def fail(cloud: Cloud, name: str) -> None:
        stacks.delete(cloud, name)
        stacks.create(cloud, name, fail=True)
        stacks.wait_for(cloud, name, "CREATE_FAILED")

    at.stack(fail)


def stack_update_in_progress(at: Breaking) -> None:
    _update(at, "UPDATE_IN_PROGRESS", action_wait_secs=_FOR_EVER)


def stack_update_failed(at: Breaking) -> None:
    _update(at, "UPDATE_FAILED", fail=True)


def _update(at: Breaking, status: str, **properties: object) -> None:
    def update(cloud: Cloud, name: str) -> None:
        stacks.update(cloud, name, value="another", **properties)
        stacks.wait_for(cloud, name, status)

    at.stack(update)
