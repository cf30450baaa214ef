"""Refusals of the services, with their own status codes and messages, which each API renders in its own way."""

from __future__ import annotations


class Refusal(Exception):
    """An answer that is not a success: `status` is the HTTP status, and `message` is the service's own text."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status, self.message = status, message


class BuildFailed(Exception):
    """A server cannot be built, and goes to ERROR with this fault."""
