"""Faults of deleting an image or one of its copies."""

from __future__ import annotations

from lab.faults.breaking import Breaking
from lab.faults.bugs import in_glance
from lab.faults.configuration import change_glance


def delayed_delete(at: Breaking) -> None:
    change_glance(at, at.central, lambda text: text.replace("[DEFAULT]\n", "[DEFAULT]\ndelayed_delete = true\n", 1))


delete_leaves_data = in_glance("delete-leaves-data")
delete_to_trash = in_glance("delete-to-trash")
stores_delete_removes_all = in_glance("stores-delete-removes-all")
stores_delete_keeps_the_record = in_glance("stores-delete-keeps-the-record")
