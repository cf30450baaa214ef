"""An image as three independent witnesses see it: the API record, its locations, and each Ceph cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from helpers.ceph.cluster import Look
from helpers.ceph.clusters import Clusters
from helpers.ceph.observed import BySite, Sites
from helpers.openstack.glance import Glance
from helpers.openstack.records import ImageRecord, Location
from helpers.outcomes import Unknown


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of an RBD image. `size` is in bytes."""

    name: str
    size: int
    protected: bool

    def __str__(self) -> str:
        return f"@{self.name} of {self.size} bytes, {'' if self.protected else 'not '}protected"


@dataclass(frozen=True)
class Copy:
    """The content of one cluster's `images` pool under an image's id: nothing (`size` is None), or an RBD image.

    `size` is in bytes. `snapshots` are sorted by name. `parent` is `pool/image@snap`, or None if the image is no clone.
    """

    size: int | None = None
    snapshots: tuple[Snapshot, ...] = ()
    parent: str | None = None
    in_trash: bool = False

    @classmethod
    def whole(cls, size: int) -> Copy:
        """The copy that Glance creates in a cluster: a whole image of this size, with its protected snapshot `snap`."""
        return cls(size, (Snapshot("snap", size, True),))

    @property
    def present(self) -> bool:
        return self.size is not None

    def __str__(self) -> str:
        if self.size is None:
            return "nothing, but an entry in the trash" if self.in_trash else "nothing"
        parts = [f"an RBD image of {self.size} bytes", *map(str, self.snapshots or ("no snapshot",))]
        parts += [f"a clone of {self.parent}"] if self.parent else []
        return "; ".join([*parts, *(["and an entry in the trash"] if self.in_trash else [])])


ABSENT = Copy()


@dataclass(frozen=True)
class WitnessedImage:
    """An image at one moment. `copies` and `fsids`: site name → what its cluster holds, and the cluster's FSID.

    `record` is central's record, or None if Glance has no such image. What depends on a cluster that could not be
    observed raises NotObserved.
    """

    id: str
    record: ImageRecord | None
    copies: BySite[Copy]
    fsids: BySite[str]
    commands: Mapping[str, str] = field(repr=False)

    @property
    def stores(self) -> frozenset[str]:
        return self.record.stores if self.record else frozenset()

    @property
    def sites_by_cluster(self) -> Sites:
        """The sites whose cluster holds the image."""
        return self.copies.where(lambda copy: copy.present)

    @property
    def sites_by_location(self) -> Sites | None:
        """The sites of the FSIDs in the locations, or None where there is no record.

        A location whose FSID belongs to no site is represented by its URL.

        :raises Unknown: the locations are hidden
        """
        if self.record is None:
            return None
        names = {fsid: site for site, fsid in self.fsids.seen.items()}
        named = {location.url: names.get(location.fsid or "") for location in self.locations}
        placed = frozenset(site for site in named.values() if site)
        unplaced = frozenset(url for url, site in named.items() if not site)
        if unplaced and self.fsids.unobserved:  # it may be in a cluster whose FSID could not be read
            return Sites(placed, self.fsids.unobserved)
        return Sites(placed | unplaced)

    @property
    def locations(self) -> tuple[Location, ...]:
        """The locations in the record.

        :raises Unknown: they are hidden
        """
        if self.record is None:
            return ()
        if self.record.locations is None:
            hidden = f"image {self.id}: the locations of its copies are hidden, so that they cannot be compared (A6)"
            raise Unknown(hidden, reproduce=(self.record.located or self.record.reproduce,))
        return self.record.locations

    @property
    def reproduce(self) -> tuple[str, ...]:
        """The commands for the record, and for the clusters that hold the image or that its locations name.

        The commands for all other clusters are left out.
        """
        record = tuple(filter(None, (self.record.reproduce, self.record.located))) if self.record else ()
        if self.record and self.record.locations is None:
            return (*record, *self.commands.values())
        named = self.sites_by_location
        told = self.sites_by_cluster.found | (named.found if named is not None else frozenset())
        here = [command for site, command in self.commands.items() if site in told]
        return (*record, *(here or self.commands.values()))


def witness(image_id: str, glance: Glance, clusters: Clusters, *, trash: bool = False) -> WitnessedImage:
    """Observe an image in central's Glance and in every cluster.

    :param trash: also look in the trash of the pools, for images that were or should have been removed
    """

    looks = clusters.observe("images", trash=trash)
    return WitnessedImage(
        id=image_id,
        record=glance.located(image_id),
        copies=looks.map(lambda look: _copy(image_id, look)),
        fsids=clusters.fsids(looks),
        commands=looks.commands(lambda look: look.listing.command),
    )


def _copy(image_id: str, look: Look) -> Copy:
    rows = [row for row in look.listing.rows if row.name == image_id]
    heads = [row for row in rows if row.snapshot is None]
    return Copy(
        size=heads[0].size if heads else None,
        snapshots=tuple(
            Snapshot(row.snapshot, row.size, row.protected)
            for row in sorted(rows, key=lambda row: row.snapshot or "")
            if row.snapshot is not None
        ),
        parent=str(heads[0].parent) if heads and heads[0].parent else None,
        in_trash=image_id in look.trash,
    )
