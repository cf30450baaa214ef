"""What a service refuses, with its own status code and words; each API has its own way of writing it."""

from __future__ import annotations


class Refusal(Exception):
    """An answer that is no success: `status` is HTTP's, `message` the service's own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status, self.message = status, message
