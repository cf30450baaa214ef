"""Projects, users, roles and tokens."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulator.world.clock import now

DOMAIN = {"id": "default", "name": "Default"}
REGION = "regionOne"


@dataclass
class Project:
    name: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass
class User:
    """A user with one set of roles in one project, which is sufficient here."""

    name: str
    password: str
    project: Project
    roles: tuple[str, ...]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def is_admin(self) -> bool:
        return "admin" in self.roles


@dataclass
class Token:
    id: str
    user: User
    issued: datetime
    expires: datetime


class Identity:
    """All users, projects and tokens."""

    def __init__(self) -> None:
        self.projects = {name: Project(name) for name in ("admin", "service", "demo")}
        self.users: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self.add("admin", "admin", ("admin", "member", "reader"))
        self.add("demo", "demo", ("member", "reader"))

    def add(self, name: str, project: str, roles: tuple[str, ...]) -> User:
        self.users[name] = User(name, secrets.token_urlsafe(16), self.projects[project], roles)
        return self.users[name]

    def login(self, name: str, password: str) -> Token | None:
        """Return a token for a user name or ID, or None if the password does not match."""
        for user in self.users.values():
            if name in (user.name, user.id) and secrets.compare_digest(user.password, password):
                # as a fernet token begins
                token = Token(f"gAAAAAB{secrets.token_urlsafe(128)}", user, now(), now() + timedelta(hours=12))
                self.tokens[token.id] = token
                return token
        return None

    def user_of(self, token: str | None) -> User | None:
        found = self.tokens.get(token or "")
        return found.user if found and found.expires > now() else None
