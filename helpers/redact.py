"""Hides secrets and control characters before a text reaches a log, a report, an attachment or an exception.

Two ways are always active: by shape (cephx keys, fernet tokens, `password=`, URLs with a password), and by value
(everything that was passed to `register` at run time). FSIDs, UUIDs and checksums, which only look like secrets, stay
readable, because they are the evidence.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import re
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any

HIDDEN = "***"

_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
# a checksum or a UUID, whole; such a value is shown even after `key =`
_EVIDENCE = rf"(?:{_UUID}|[0-9a-fA-F]{{32,128}})(?![\w+/=-])"
# a quoted value with its escapes, or a bare word, which ends where a list, a query or a tuple goes on
_VALUE = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[^\s,;&"'<>)\]}]+)"""
_BASE64 = "(?:[A-Za-z0-9+/]|%2[BbFf])"
_HIDING_NAME = (
    # only at the beginning of a word: otherwise a long word would be tried from each of its letters
    r"(?<![\w.-])[\w.-]*(?:password|passwd|passphrase|secret_key|secret_access_key|client_secret|shared_secret"
    r"|(?:auth|admin|access|refresh|service|session)_token)"
)


def _keep_quotes(value: str) -> str:
    return f"{value[0]}{HIDDEN}{value[0]}" if value[:1] in {'"', "'"} else HIDDEN


def _hide_second(match: re.Match[str]) -> str:
    return match[1] + _keep_quotes(match[2])


def _hide_in_url(match: re.Match[str]) -> str:
    # several hosts may stand in one URL, each with a password: rabbit://a:b@h1,a:b@h2
    first, *others = match[2].split("@")[:-1]
    hidden = [_without_password(first)]
    for part in others:
        host, comma, user = part.partition(",")
        # without a comma it is the rest of a password that has an @ in it
        hidden.append(f"{host},{_without_password(user)}" if comma else HIDDEN)
    return match[1] + "@".join(hidden) + "@"


def _without_password(user: str) -> str:
    name, colon, _ = user.partition(":")
    return f"{name}:{HIDDEN}" if colon else name


_Replacement = str | Callable[[re.Match[str]], str]
#: The shape of a secret, and its replacement. A text without any of the words, in lower case, cannot have the shape, so
#: that most texts are finished quickly.
_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str], _Replacement], ...] = (
    (
        ("private key",),
        re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.DOTALL),
        rf"-----BEGIN \1-----{HIDDEN}-----END \1-----",
    ),
    # cephx: base64 of type, time, length, secret, maybe in a URL; 28 bytes for AES-128 (AQ…==), 44 for AES-256 (Ag…=)
    (("aq",), re.compile(rf"AQ{_BASE64}{{36}}(?:==|%3[Dd]%3[Dd])"), HIDDEN),
    (("ag",), re.compile(rf"Ag{_BASE64}{{57}}(?:=|%3[Dd])"), HIDDEN),
    # keystone's fernet tokens
    (("gaaaa",), re.compile(r"gAAAA[A-Za-z0-9_-]{20,}(?:=|%3[Dd]){0,2}"), HIDDEN),
    (("://",), re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]{0,30}://)([^/\s\"'<>]{0,2000}@)"), _hide_in_url),
    (
        ("-token",),
        re.compile(rf"""(?i)(\bX-(?:Auth|Subject|Service|Storage)-Token["']?\s*[:=]\s*(?!["']?\$))({_VALUE})"""),
        _hide_second,
    ),
    (
        ("authorization",),
        re.compile(r"""(?i)(\bAuthorization["']?\s*[:=]\s*["']?(?:Bearer|Basic)\s+)([^\s"',]+)"""),
        _hide_second,
    ),
    # a missing value stays missing: the next line is another setting
    (
        ("passw", "passphrase", "secret", "_token"),
        re.compile(rf"""(?i)({_HIDING_NAME}\\?["']?[^\S\n]*[=:][^\S\n]*)({_VALUE})"""),
        _hide_second,
    ),
    (
        ("password", "passphrase", "secret", "token"),
        re.compile(rf"""(?i)((?<![\w-])--[\w-]*(?:password|passphrase|secret|token)(?:=|[^\S\n]+))({_VALUE})"""),
        _hide_second,
    ),
    # a libvirt secret is named by its UUID, which is no secret
    (
        ("secret",),
        re.compile(rf"""(?i)(\bsecret["']?[^\S\n]*[=:][^\S\n]*(?!["']?{_EVIDENCE}))({_VALUE})"""),
        _hide_second,
    ),
    # a keyring's line, also inside the repr of a text
    (
        ("key",),
        re.compile(rf"""(?im)((?:^|\\n)(?:[^\S\n]|\\t)*key[^\S\n]*=[^\S\n]*(?!["']?{_EVIDENCE}))([^\s"'\\]+)"""),
        _hide_second,
    ),
    (("key",), re.compile(rf"""(?i)((?<![\w-])["']key["']\s*:\s*(?!["']{_EVIDENCE}))({_VALUE})"""), _hide_second),
)

_lock = threading.Lock()
_registered: tuple[str, ...] = ()
#: the number of registered values: a text that was remembered before may contain a new one
_generation = 0


def register(secret: str) -> None:
    """Have `redact` hide this value from now on.

    Its JSON-escaped and URL-quoted spellings are hidden as well. A value of fewer than eight characters is hidden only
    as a word of its own, because a password such as `os` would make reports unreadable. An empty value is ignored, and
    so is one that its shape hides anyway: many sites have many keys.
    """
    global _registered, _generation
    if not secret.strip():
        return
    spellings = {secret, json.dumps(secret)[1:-1], urllib.parse.quote(secret, safe="")}
    spellings = {spelling for spelling in spellings if _without_shapes(spelling) != HIDDEN}
    with _lock:
        if spellings <= set(_registered):
            return
        # longest first, so that a secret which contains another one is hidden as a whole
        _registered = tuple(sorted(spellings.union(_registered), key=len, reverse=True))
        _generation += 1


def redact(text: str) -> str:
    """The text with every secret replaced by `***`, and characters that act on a terminal or hide text made visible.

    Applying it twice changes nothing more.
    """
    return _remembered(text, _generation) if len(text) <= _SHORT else _redact(text)


def _redact(text: str) -> str:
    for secret in _registered:
        if secret in text:
            if len(secret) < 8:
                text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
            else:
                text = text.replace(secret, HIDDEN)
    return _ACTS.sub(_visible, _without_shapes(text))


#: Control characters but line feed and tab, line separators, and marks that change the direction of text or are unseen.
_ACTS = re.compile("\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def _visible(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _without_shapes(text: str) -> str:
    lower = text.casefold()
    for words, pattern, replacement in _SHAPES:
        if any(word in lower for word in words):
            text = pattern.sub(replacement, text)
    return text


#: Texts up to this length are remembered: names, keys and command lines of reports occur many times.
_SHORT = 400


@functools.lru_cache(maxsize=16384)
def _remembered(text: str, generation: int) -> str:
    return _redact(text)


def redacted(value: Any) -> Any:
    """The value with the secrets hidden in every text in it, at any depth."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redacted(name): redacted(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(redacted(part) for part in value)
    return value


def hide_in_logs() -> None:
    """Hide secrets in every log record of this process, whichever handler writes it: libraries log all they get."""
    make = logging.getLogRecordFactory()
    if getattr(make, "hides_secrets", False):
        return

    def record(*arguments: Any, **named: Any) -> logging.LogRecord:
        made = make(*arguments, **named)
        try:
            text = made.getMessage()
        except Exception:  # the arguments do not fit the message
            text = f"{made.msg} {made.args}"
        made.msg, made.args = redact(text), ()
        if made.exc_info:
            made.exc_text = redact(logging.Formatter().formatException(made.exc_info))
        return made

    record.hides_secrets = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(record)


def fingerprint(secret: str) -> str:
    """A short name for a secret, `sha256:` and 12 hex digits, by which keys can be compared."""
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()[:12]


class Secret:
    """A value that compares as itself, and prints as its fingerprint.

    A failed `assert here.key == there.key` then shows two fingerprints. Creating a `Secret` registers the value.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        register(value)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return f"<secret {self.fingerprint}>"

    __str__ = __repr__
