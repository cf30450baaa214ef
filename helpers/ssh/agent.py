"""An SSH agent and the keys that it signs with."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

from paramiko.agent import SSH2_AGENT_IDENTITIES_ANSWER, AgentKey, AgentSSH, cSSH2_AGENTC_REQUEST_IDENTITIES

from helpers.ssh.blob import strings


class Agent(AgentSSH):
    """The agent behind a socket. Paramiko's own class only finds the agent of the environment.

    `keys` are the agent's keys, in its order. `problem` says why there are none, and is empty otherwise.
    """

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__()
        self.keys: tuple[AgentKey, ...] = ()
        self.problem = ""
        # paramiko's methods expect this attribute
        self._conn = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._conn.settimeout(seconds)
        try:
            self._conn.connect(str(path))
            self.keys = tuple(self._held())
        except Exception as error:
            # whatever answers on the socket, and whatever paramiko raises for its keys
            reason = (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
            self.problem = f"the agent {path} does not answer as an agent does: {reason}"
        else:
            if not self.keys:
                self.problem = f"the agent {path} has no key, or is locked"

    def _held(self) -> Iterator[AgentKey]:
        kind, answer = self._send_message(cSSH2_AGENTC_REQUEST_IDENTITIES)  # type: ignore[attr-defined]
        if kind != SSH2_AGENT_IDENTITIES_ANSWER:
            raise ValueError("it does not tell which keys it holds")
        number, rest = answer.get_int(), answer.get_remainder()
        for _ in range(number):
            (blob, _), rest = strings(rest, 2)
            yield AgentKey(self, blob)

    def close(self) -> None:
        """Close the connection to the agent."""
        self._conn.close()
