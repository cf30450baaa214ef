"""Run one of Debian's OpenStack programs with what no option of it can say.

Usage: start.py PROGRAM [ARGUMENT...]
"""

import runpy
import sys
from typing import Any


def main(program: str) -> None:
    sys.argv = [f"/usr/bin/{program}", *sys.argv[2:]]
    {"nova-compute": stay_in_process, "neutron-server": complete_models, "neutron-linuxbridge-agent": trust_guests}[
        program
    ]()
    runpy.run_path(sys.argv[0], run_name="__main__")


def stay_in_process() -> None:
    """Make privileged calls where they are needed, as the service is root in its container already.

    The helpers which would make them are a Python of 90 MB each, two a service, on a machine that stands for many.
    """
    from oslo_privsep import priv_context  # type: ignore[import-not-found]

    class InProcess(priv_context.PrivContext):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.client_mode = False

    priv_context.PrivContext = InProcess


def complete_models() -> None:
    """Otherwise a server whose first request lists ports answers 500 to every such request until it is restarted."""
    import neutron.cmd.eventlet  # type: ignore[import-not-found]  # noqa: F401  (makes the process a cooperative one)
    from neutron.db.migration.models import head  # type: ignore[import-not-found]  # noqa: F401
    from sqlalchemy import orm  # type: ignore[import-not-found]

    orm.configure_mappers()


def trust_guests() -> None:
    """No rules against guests with a false address: today's ebtables cannot delete the rules that the agent makes."""
    import neutron.cmd.eventlet  # noqa: F401
    from neutron.plugins.ml2.drivers.linuxbridge.agent import arp_protect  # type: ignore[import-not-found]

    def do_nothing(*_: object) -> None:
        pass

    arp_protect.setup_arp_spoofing_protection = do_nothing
    arp_protect.delete_arp_spoofing_protection = do_nothing
    arp_protect.delete_unreferenced_arp_protection = do_nothing


if __name__ == "__main__":
    main(sys.argv[1])
