"""Debian's supervisord, as process 1 of a host, with one fault of it fixed.

It goes on watching the number of a file descriptor that it has closed. Where that number is given to a pipe whose
reader goes away, the kernel reports an error that nobody there looks for, and is asked again at once, forever.
"""

import select
import sys

from supervisor import poller, supervisord


class Poller(poller.PollPoller):  # type: ignore[misc]
    """One that forgets what is broken; what still matters is watched again by the next round."""

    def _poll_fds(self, timeout: float) -> list[tuple[int, int]]:
        found = super()._poll_fds(timeout)
        for fd, events in found:
            if events == select.POLLERR:
                self.readables.discard(fd)
                self.writables.discard(fd)
                self._poller.unregister(fd)
        return [(fd, events) for fd, events in found if events != select.POLLERR]


if __name__ == "__main__":
    poller.Poller = Poller
    sys.argv[0] = "/usr/bin/supervisord"
    supervisord.main()
