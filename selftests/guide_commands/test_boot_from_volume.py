"""Confirm image-based volumes may be booted as DCN instances: the single command with which Nova creates the volume."""

from __future__ import annotations

from selftests.guide_commands.conftest import Note
from selftests.guide_commands.reader import DCN0, VOLUMES_AT_DCN0, Reader


def test_the_volume_is_made_at_the_site(reader: Reader, note: Note, image: str):
    reader.types(
        "openstack server create --flavor tiny --image $IMG_ID --key-name dcn0-key --network dcn0-network "
        "--security-group basic --availability-zone dcn0 --boot-from-volume 4 pet-server-dcn0",
        IMG_ID=image,
    )
    server = reader.sets("NOVA_ID=$(openstack server show pet-server-dcn0 -f value -c id)")
    note("server", "pet-server-dcn0", server)
    reader.waits("ACTIVE", "openstack server show pet-server-dcn0 -f value -c status")
    listed = reader.types("openstack volume list -f value -c ID -c Size -c 'Attached to'")
    (volume,) = [line.split()[0] for line in listed.splitlines() if server in line]
    row = [f"volume-{volume}", "4", "GiB", f"images/{image}@snap", "2", "excl"]
    reader.waits_for_rows([row], DCN0, VOLUMES_AT_DCN0, volume)
