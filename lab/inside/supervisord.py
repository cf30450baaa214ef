"""Debian's supervisord as process 1 of a host, with one bug fixed.

supervisord continues to poll the number of a file descriptor that it has closed. If that number is reused for a pipe
whose reader ends, the kernel reports an error that supervisord ignores, and supervisord polls again at once, forever.
"""

import select
import sys

from supervisor import poller, supervisord


class Poller(poller.PollPoller):  # type: ignore[misc]
    """A poller that forgets file descriptors with an error; those still in use are watched again in the next round."""

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
