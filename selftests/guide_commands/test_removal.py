"""Confirm images may be copied between sites: the removal of one copy, and of the image."""

from __future__ import annotations

from selftests.guide_commands.reader import CENTRAL, DCN0, DCN1, IMAGES_AT, Reader


def nodes_with(reader: Reader, image: str) -> list[str]:
    """The nodes whose clusters list the image."""
    return [node for node, line in IMAGES_AT.items() if reader.rows_on(node, line, image)]


def test_one_copy_is_removed_and_then_all_are(reader: Reader, image_everywhere: str):
    assert nodes_with(reader, image_everywhere) == [CENTRAL, DCN0, DCN1]

    reader.types("glance stores-delete --store dcn1 $ID", ID=image_everywhere)
    assert reader.stores_of(image_everywhere) == {"default_backend", "dcn0"}
    assert nodes_with(reader, image_everywhere) == [CENTRAL, DCN0]

    reader.types("glance image-delete $ID", ID=image_everywhere)
    assert nodes_with(reader, image_everywhere) == []
