"""Run one of Debian's OpenStack programs with what no option of it can say.

Usage: start.py PROGRAM [ARGUMENT...]

Mostly to spare a machine that stands for many: as they come, most of these services are two processes or more, of
100 MB each, of which one makes privileged calls for the other or looks a hundred times a second whether it still runs.
"""

import os
import runpy
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

Change = Callable[[], None]


def main(program: str) -> None:
    sys.argv = [f"/usr/bin/{program}", *sys.argv[2:]]
    for change in CHANGES[program]:
        change()
    runpy.run_path(sys.argv[0], run_name="__main__")


def cooperate() -> None:
    """As the program itself does before it imports anything else: what follows imports much."""
    if "nova" in sys.argv[0]:
        import nova.cmd  # type: ignore[import-not-found]  # noqa: F401
    elif "neutron" in sys.argv[0]:
        import neutron.cmd.eventlet  # type: ignore[import-not-found]  # noqa: F401
    else:
        import eventlet  # type: ignore[import-not-found]

        eventlet.monkey_patch()


def run_in_one_process() -> None:
    """Each of these services has one worker: the process that would look after it does the work itself."""
    from oslo_service import service  # type: ignore[import-not-found]

    class OneProcess(service.ServiceLauncher):  # type: ignore[misc]
        def __init__(self, conf: Any, wait_interval: float = 0, restart_method: str = "reload") -> None:
            super().__init__(conf, restart_method=restart_method)

    service.ProcessLauncher = OneProcess


def call_privileged_directly() -> None:
    """The service is root in its container already."""
    from oslo_privsep import priv_context  # type: ignore[import-not-found]

    class InProcess(priv_context.PrivContext):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.client_mode = False

    priv_context.PrivContext = InProcess


def read_consoles_of_others() -> None:
    """A guest's console is opened, and does not become the service's own terminal.

    The first process of a container leads its session, which a terminal that it opens would belong to: when the guest
    ends, the kernel sends SIGHUP, and nova-compute forgets what it knows of its resource provider in the middle of its
    work. A helper process, which Nova usually has for this, leads no session.
    """
    from nova.privsep import libvirt  # type: ignore[import-not-found]

    libvirt.open = open_without_terminal


def open_without_terminal(path: str, mode: str = "r") -> Any:
    """As `open`; a terminal does not become the controlling one of this process."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags | os.O_NOCTTY))


def fork_privileged_helper() -> None:
    """One for all that the agent asks of netlink, which needs threads of the usual kind: begun before there are none.

    What it works with is imported first, so that the two share it.
    """
    from neutron import privileged
    from neutron.privileged.agent.linux import ip_lib, utils  # type: ignore[import-not-found]  # noqa: F401
    from oslo_privsep import comm, daemon

    pairs = {context: socket.socketpair() for context in (privileged.default, privileged.link_cmd)}
    if os.fork() == 0:
        serving = []
        for context, (ours, theirs) in pairs.items():
            ours.close()
            channel = comm.ServerChannel(theirs)
            serving.append(threading.Thread(target=daemon.Daemon(channel, context=context).loop))
        daemon.replace_logging(daemon.PrivsepLogHandler(channel))
        for thread in serving:
            thread.start()
        for thread in serving:
            thread.join()
        os._exit(0)
    cooperate()
    for context, (ours, theirs) in pairs.items():
        theirs.close()
        context.channel = daemon._ClientChannel(socket.socket(fileno=ours.detach()), context)


def complete_models() -> None:
    """Otherwise a server whose first request lists ports answers 500 to every such request until it is restarted."""
    from neutron.db.migration.models import head  # type: ignore[import-not-found]  # noqa: F401
    from sqlalchemy import orm  # type: ignore[import-not-found]

    orm.configure_mappers()


def trust_guests() -> None:
    """No rules against guests with a false address: today's ebtables cannot delete the rules that the agent makes."""
    from neutron.plugins.ml2.drivers.linuxbridge.agent import arp_protect  # type: ignore[import-not-found]

    def do_nothing(*_: object) -> None:
        pass

    arp_protect.setup_arp_spoofing_protection = do_nothing
    arp_protect.delete_arp_spoofing_protection = do_nothing
    arp_protect.delete_unreferenced_arp_protection = do_nothing


CHANGES: dict[str, tuple[Change, ...]] = {
    "cinder-api": (cooperate, run_in_one_process),
    "cinder-scheduler": (),
    "cinder-volume": (cooperate, run_in_one_process),
    "nova-api": (cooperate, run_in_one_process),
    "nova-compute": (cooperate, call_privileged_directly, read_consoles_of_others),
    "nova-conductor": (),
    "nova-scheduler": (),
    "neutron-server": (cooperate, run_in_one_process, complete_models),
    "neutron-linuxbridge-agent": (fork_privileged_helper, trust_guests),
}

if __name__ == "__main__":
    main(sys.argv[1])
