"""Confirm images may be copied between sites: the removal of one copy, and of the image."""

from __future__ import annotations

from selftests.guide_commands.reader import CENTRAL, DCN0, DCN1, IMAGES_AT, Reader


def nodes_with(reader: Reader, image: str) -> list[str]:
    """The nodes whose clusters list the image."""
    return [node for node, line in IMAGES_AT.items() if reader.rows_on(node, line, image)]


def test_one_copy_is_removed_and_then_all_are(reader: Reader, image_in_every_store: str):
    assert nodes_with(reader, image_in_every_store) == [CENTRAL, DCN0, DCN1]

    reader.types("glance stores-delete --store dcn1 $ID", ID=image_in_every_store)
    assert reader.stores_of(image_in_every_store) == {"default_backend", "dcn0"}
    assert nodes_with(reader, image_in_every_store) == [CENTRAL, DCN0]

    reader.types("glance image-delete $ID", ID=image_in_every_store)
    assert nodes_with(reader, image_in_every_store) == []
