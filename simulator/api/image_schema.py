"""The JSON schemas that Glance serves, from which glanceclient builds its records."""

from __future__ import annotations

from typing import Any

UUID_PATTERN = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"
DISK_FORMATS = ("ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop")
CONTAINER_FORMATS = ("ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed")
STATUSES = (
    *("queued", "saving", "active", "killed", "deleted", "uploading", "importing", "pending_delete", "deactivated"),
)
VISIBILITIES = ("community", "public", "private", "shared")


def _text(length: int = 255, read_only: bool = False, null: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = {"type": ["null", "string"] if null else "string", "maxLength": length}
    return found | ({"readOnly": True} if read_only else {})


def _number(read_only: bool = False, null: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"type": ["null", "integer"] if null else "integer"}
    return found | ({"readOnly": True} if read_only else {})


def _one_of(values: tuple[str, ...], null: bool = False) -> dict[str, Any]:
    return {"type": ["null", "string"] if null else "string", "enum": [*([None] if null else []), *values]}


PROPERTIES: dict[str, dict[str, Any]] = {
    "id": {"type": "string", "pattern": UUID_PATTERN},
    "name": _text(),
    "status": _one_of(STATUSES) | {"readOnly": True},
    "visibility": _one_of(VISIBILITIES),
    "protected": {"type": "boolean"},
    "os_hidden": {"type": "boolean"},
    "checksum": _text(32, read_only=True),
    "os_hash_algo": _text(64, read_only=True),
    "os_hash_value": _text(128, read_only=True),
    "owner": _text(),
    "size": _number(read_only=True, null=True),
    "virtual_size": _number(read_only=True, null=True),
    "container_format": _one_of(CONTAINER_FORMATS, null=True),
    "disk_format": _one_of(DISK_FORMATS, null=True),
    "created_at": {"type": "string", "readOnly": True},
    "updated_at": {"type": "string", "readOnly": True},
    "tags": {"type": "array", "items": {"type": "string", "maxLength": 255}},
    "direct_url": {"type": "string", "readOnly": True},
    "min_ram": _number(),
    "min_disk": _number(),
    "self": {"type": "string", "readOnly": True},
    "file": {"type": "string", "readOnly": True},
    "stores": {"type": "string", "readOnly": True},
    "schema": {"type": "string", "readOnly": True},
    "locations": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"url": {"type": "string"}, "metadata": {"type": "object"}},
            "required": ["url", "metadata"],
        },
    },
    "kernel_id": {"type": ["null", "string"], "is_base": False},
    "ramdisk_id": {"type": ["null", "string"], "is_base": False},
    "instance_uuid": {"type": "string", "is_base": False},
    "architecture": {"type": "string", "is_base": False},
    "os_distro": {"type": "string", "is_base": False},
    "os_version": {"type": "string", "is_base": False},
}
IMAGE = {
    "name": "image",
    "properties": PROPERTIES,
    "additionalProperties": {"type": "string"},
    "links": [
        {"rel": "self", "href": "{self}"},
        {"rel": "enclosure", "href": "{file}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}
IMAGES = {
    "name": "images",
    "properties": {
        "images": {"type": "array", "items": IMAGE},
        "first": {"type": "string"},
        "next": {"type": "string"},
        "schema": {"type": "string"},
    },
    "links": [
        {"rel": "first", "href": "{first}"},
        {"rel": "next", "href": "{next}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}
TASK = {
    "name": "task",
    "properties": {
        name: {"type": ["null", "string"]}
        for name in (
            "id",
            "type",
            "status",
            "owner",
            "message",
            "expires_at",
            "created_at",
            "updated_at",
            "self",
            "schema",
        )
    }
    | {name: {"type": ["null", "object"]} for name in ("input", "result")},
}
SCHEMAS: dict[str, dict[str, Any]] = {"image": IMAGE, "images": IMAGES, "task": TASK}
