"""What a request or a command does to which resources; text in, touches out."""

from __future__ import annotations

import http
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from helpers.environment.values import UUID

How = Literal["makes", "reads", "uses", "copies", "changes"]
_ID = re.compile(UUID)
_READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Touch:
    """One resource, by its id, and what is done to it.

    `copies` is copy-image: Glance does one at a time, and who only reads the image is not disturbed by it. `uses` is to
    boot from an image or to make a volume from it: the site's Glance may then write the image's record anew, and a copy
    that is under way is lost. With `data`, an image's bytes are read, by whoever carries out the request.
    """

    id: str
    how: How
    data: bool = False


def of_request(method: str, path: str, sent: object, status: int, answer: object) -> Iterator[Touch]:
    """What a request to a service touches, also one that was refused.

    :param sent: the body, as read from JSON
    :param answer: the answer's body, likewise
    """
    if status == http.HTTPStatus.NOT_FOUND:  # there is nothing to touch
        return
    body: Mapping[str, Any] = sent if isinstance(sent, dict) else {}
    accepted = status < http.HTTPStatus.BAD_REQUEST
    copies = _import_method(path, body) == "copy-image"
    how: How = "copies" if copies else "changes"
    if method in _READING or "os-getConsoleOutput" in body:
        how = "reads"
    yield from (Touch(id, how, data=copies and accepted) for id in _ID.findall(path))
    yield from _named(body, accepted)
    if accepted and method == "POST" and isinstance(answer, dict):
        yield from _made(path, answer)


def of_command(argv: Sequence[str]) -> Iterator[Touch]:
    """What a command on a node touches; the harness only reads there."""
    line = " ".join(argv)
    yield from (Touch(id, "reads", data="export" in argv or " export " in line) for id in _ID.findall(line))


def _import_method(path: str, body: Mapping[str, Any]) -> str | None:
    return str(body.get("method", {}).get("name")) if path.endswith("/import") else None


def _named(body: Mapping[str, Any], accepted: bool) -> Iterator[Touch]:
    """What the body of a request names: images to be read, volumes to be attached or to take a snapshot of."""
    server, volume = body.get("server") or {}, body.get("volume") or {}
    if image := server.get("imageRef") or volume.get("imageRef"):
        yield Touch(image, "uses", data=accepted)
    for disk in server.get("block_device_mapping_v2") or ():
        from_image = disk["source_type"] == "image"
        yield Touch(disk["uuid"], "uses" if from_image else "changes", data=from_image and accepted)
    if attached := (body.get("volumeAttachment") or {}).get("volumeId"):
        yield Touch(attached, "changes")
    if source := (body.get("snapshot") or {}).get("volume_id"):
        yield Touch(source, "changes")


def _made(path: str, answer: Mapping[str, Any]) -> Iterator[Touch]:
    for kind in ("server", "volume", "snapshot"):
        if path.endswith(f"/{kind}s"):
            yield Touch(answer[kind]["id"], "makes")
    if path.endswith("/images"):
        yield Touch(answer["id"], "makes")
    if "image_id" in answer:  # createImage of a server
        yield Touch(answer["image_id"], "makes")
