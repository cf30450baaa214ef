"""Showing a node one key after the other until it accepts one."""

from __future__ import annotations

import threading

import paramiko
from paramiko.auth_handler import AuthHandler
from paramiko.ssh_exception import AuthenticationException, BadAuthenticationType, SSHException

from helpers.ssh.agent import Agent
from helpers.ssh.config import SshTarget
from helpers.ssh.keys import Keys


class LoginRefused(Exception):
    """The node does not let this user in; the message is one line.

    :param passing: it may do so at the next attempt: it has refused keys, which depends on what it asks besides
    """

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class _Handler(AuthHandler):
    """Paramiko asks anew for each key whether it may log in at all, and not every server bears that."""

    def _request_auth(self) -> None:
        accepted = paramiko.Message()
        accepted.add_string("ssh-userauth")
        accepted.rewind()
        self._parse_service_accept(accepted)  # type: ignore[attr-defined]

    def show(self, user: str, key: paramiko.PKey) -> list[str]:
        """What the node asks for besides. Raises AuthenticationException, and what signing raises."""
        event = threading.Event()
        self.auth_publickey(user, key, event)
        return self.wait_for_response(event)


def authenticate(transport: paramiko.Transport, target: SshTarget, seconds: float) -> None:
    """Log in on a connection whose host key is right. Raises LoginRefused, and SSHException for a lost connection."""
    user = target.user
    try:
        transport.auth_none(user)
    except BadAuthenticationType as error:
        if "publickey" not in error.allowed_types:
            reason = f"user {user} cannot log in with a key there, only with {', '.join(error.allowed_types)}"
            raise LoginRefused(reason) from error
    else:
        return
    agent = Agent(target.identity_agent, seconds) if target.identity_agent else None
    try:
        _show_keys(transport, user, Keys(target, agent))
    finally:
        if agent is not None:
            agent.close()


def _show_keys(transport: paramiko.Transport, user: str, keys: Keys) -> None:
    tried: list[str] = []
    transport.auth_handler = handler = _Handler(transport)
    for key, words in keys.each():
        try:
            more = handler.show(user, key)
        except AuthenticationException as error:
            tried.append(words)
            if "timeout" in str(error):
                raise
            if not transport.is_active():
                reason = f"the node ended the login of user {user} after {', '.join(tried)}"
                raise LoginRefused(
                    f"{reason}; name the right key first, or set IdentitiesOnly to yes", passing=True
                ) from error
        except (SSHException, OSError) as error:
            if not transport.is_active():
                raise
            keys.passed_over.append(f"{words}, with which the agent does not sign ({error})")
        else:
            if more:
                asked = f"after {words}, the node asks user {user} for {', '.join(more)} too"
                raise LoginRefused(f"{asked}, which only a person can give")
            return
    raise LoginRefused(_refused(user, tried, keys.passed_over), passing=bool(tried))


def _refused(user: str, tried: list[str], passed_over: list[str]) -> str:
    rest = f"passed over: {'; '.join(passed_over)}" if passed_over else ""
    if tried:
        return "; ".join(filter(None, [f"authentication refused for user {user} with {', '.join(tried)}", rest]))
    return f"no key to log in with as user {user}; {rest or 'ssh_config names none, and ~/.ssh and an agent have none'}"
