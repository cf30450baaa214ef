"""Run one of Debian's OpenStack programs with changes that cannot be made through its options.

Usage: start.py PROGRAM [ARGUMENT...]

Most changes save resources, because one machine runs the services of many hosts. By default, most of these services run
two processes or more of 100 MB each. One of them makes privileged calls for another, or checks a hundred times a second
whether the other still runs.
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
    """Patch the standard library before other imports, as the program itself does."""
    if "nova" in sys.argv[0]:
        import nova.cmd  # type: ignore[import-not-found]  # noqa: F401
    elif "neutron" in sys.argv[0]:
        import neutron.cmd.eventlet  # type: ignore[import-not-found]  # noqa: F401
    else:
        import eventlet  # type: ignore[import-not-found]

        eventlet.monkey_patch()


def run_in_one_process() -> None:
    """Let each service do its work in the first process, because it needs only one worker."""
    from oslo_service import service  # type: ignore[import-not-found]

    class OneProcess(service.ServiceLauncher):  # type: ignore[misc]
        def __init__(self, conf: Any, wait_interval: float = 0, restart_method: str = "reload") -> None:
            super().__init__(conf, restart_method=restart_method)

    service.ProcessLauncher = OneProcess


def call_privileged_directly() -> None:
    """Make privileged calls in the service itself, which already runs as root in its container."""
    from oslo_privsep import priv_context  # type: ignore[import-not-found]

    class InProcess(priv_context.PrivContext):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.client_mode = False

    priv_context.PrivContext = InProcess


def read_consoles_of_others() -> None:
    """Keep a guest's console from becoming the controlling terminal of nova-compute.

    The first process of a container leads its session, and a terminal that it opens becomes the terminal of the
    session. When the guest ends, the kernel would send SIGHUP, and nova-compute would forget its resource provider in
    the middle of its work. Nova usually opens consoles in a helper process that leads no session.
    """
    from nova.privsep import libvirt  # type: ignore[import-not-found]

    libvirt.open = open_without_terminal


def open_without_terminal(path: str, mode: str = "r") -> Any:
    """Open a file like `open`; a terminal does not become the controlling terminal of this process."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags | os.O_NOCTTY))


def fork_privileged_helper() -> None:
    """Fork one helper process for all privileged netlink calls of the agent.

    The helper needs native threads, so it is forked before eventlet replaces them. Its modules are imported first so
    that both processes share their memory.
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
    """Configure all database models.

    Otherwise, a server whose first request lists ports returns 500 to such requests until it is restarted.
    """
    from neutron.db.migration.models import head  # type: ignore[import-not-found]  # noqa: F401
    from sqlalchemy import orm  # type: ignore[import-not-found]

    orm.configure_mappers()


def trust_guests() -> None:
    """Create no rules against guests with a false address, because Debian 12's ebtables cannot delete them."""
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
