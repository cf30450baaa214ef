"""Take the lab down and leave no process, namespace, mount, interface or file behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import hosts
from lab.command import Shell
from lab.plan import Host, Plan
from lab.poll import NotReadyError, wait_until
from lab.state import State


def take_down(plan: Plan, state: State, *, keep_data: bool) -> None:
    """End every host. Without `keep_data`, remove the whole state folder with all its contents."""
    shell = Shell(state.log("down"))
    with ThreadPoolExecutor(max_workers=len(plan.machines)) as pool:
        list(pool.map(lambda host: _end(plan, host, gently=keep_data), plan.machines))
    for host in plan.machines:
        hosts.remove_network(plan, host, shell)
    if Path("/sys/class/net", plan.bridge).exists():
        shell.run("ip", "link", "delete", plan.bridge)
    if not keep_data:
        shutil.rmtree(state.folder)


def _end(plan: Plan, host: Host, *, gently: bool) -> None:
    """End the host's process 1, with which the kernel ends all others, and then any process left in its network."""
    first = hosts.init_pid(plan, host)
    if first is not None:
        # Services whose data is kept get the time to write it to disk.
        _signal([first], signal.SIGTERM if gently else signal.SIGKILL)
        # Processes that take longer are killed below.
        with contextlib.suppress(NotReadyError):
            wait_until(
                f"{host.name} has ended", lambda: hosts.init_pid(plan, host) is None, seconds=30 if gently else 10
            )

    def empty() -> bool:
        left = hosts.pids(plan, host)
        _signal(left, signal.SIGKILL)
        return not left

    wait_until(f"no process is left in {host.name}", empty, seconds=30)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
