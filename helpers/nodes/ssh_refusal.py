"""Why a login failed, in words that say what to look at."""

from __future__ import annotations

import socket

from paramiko.ssh_exception import SSHException

from helpers.ssh.config import SshTarget

#: In what paramiko says of a connection that ends before the login is done; the last one is our own.
_PASSING = ("banner", "closed", "not active", "Negotiation failed", "saw EOF", "does not get there")


class NoGreeting(SSHException):
    """The other side has ended the connection, or said something, before it showed that it is an SSH server."""

    def __init__(self, port: int, said: str = "", *, closed: bool) -> None:
        if said:
            ended = ", and closed the connection" if closed else ""
            super().__init__(f"what listens on port {port} does not speak SSH; it says {said!r}{ended}")
        else:
            reason = "too many logins at once, or none from this machine is let in"
            super().__init__(f"the connection to port {port} was closed without a greeting: {reason}")


def is_passing(error: Exception) -> bool:
    """Whether the next attempt may succeed: a connection was refused, or ended early. Silence has cost its time."""
    if isinstance(error, TimeoutError) or "imeout" in str(error) or "No existing session" in str(error):
        return False
    if isinstance(error, SSHException):
        return any(words in str(error) for words in _PASSING)
    return isinstance(error, ConnectionError | EOFError)


def refusal(error: Exception, target: SshTarget, seconds: float) -> str:
    """What an exception on the way to a login means; of one that nobody expects, its type and its first line."""
    if isinstance(error, NoGreeting):
        return str(error)
    if isinstance(error, socket.gaierror):
        return f"unknown host: {target.host} has no address"
    if isinstance(error, ConnectionRefusedError):
        return f"refused: nothing listens on port {target.port}"
    # paramiko says "No existing session" where the other side never got as far as showing its key
    if isinstance(error, TimeoutError) or any(s in str(error) for s in ("imeout", "No existing session")):
        return f"timed out: no answer within {seconds:g} s"
    if isinstance(error, SSHException) and "banner" in str(error):
        return f"what listens on port {target.port} does not speak SSH"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower() + (f": {error.filename}" if error.filename else "")
    if isinstance(error, EOFError):
        return "the connection was closed before the login was done"
    said = (str(error).strip().splitlines() or [""])[0]
    return said if said and isinstance(error, SSHException) else f"{type(error).__name__}: {said}".rstrip(": ")
