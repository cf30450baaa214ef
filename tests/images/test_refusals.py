"""Bad requests are refused and change nothing; an import that cannot be fetched fails cleanly."""

import pytest

from fixtures.plugin.claims import claim
from fixtures.plugin.outcomes import Blocked
from fixtures.stages.images import FailedImport
from fixtures.stages.refusals import BAD_REQUESTS, REFUSED_DELETIONS, RefusedDeletions, RefusedRequest, RefusedRequests
from helpers.actions.images import UploadedImage
from helpers.actions.volumes import MadeVolume
from helpers.environment import Site
from helpers.listed import Listed
from helpers.witnesses.images import ABSENT, Copy


@claim("B9")
@pytest.mark.parametrize("request_name", BAD_REQUESTS)
def test_bad_request_is_refused(refused_requests: RefusedRequests, request_name: str):
    """The request is refused by a code of the Images API."""
    made = _made(refused_requests, request_name)
    if made.no_copies:
        raise Blocked("copy-image at central's Glance (A5, B3)", made.no_copies)

    assert made.refusal is not None, f"accepted, though it has to be refused: {made.request}"
    assert made.refusal.status in BAD_REQUESTS[request_name], made.refusal.message


@claim("B9")
@pytest.mark.parametrize("request_name", BAD_REQUESTS)
def test_bad_request_changes_nothing(refused_requests: RefusedRequests, request_name: str):
    """The image's record, with its locations, is as before the request."""
    made = _made(refused_requests, request_name)

    assert made.after == made.before


def _made(requests: RefusedRequests, name: str) -> RefusedRequest:
    if name in requests.not_made:
        pytest.skip(requests.not_made[name])
    return requests[name]


@claim("B9")
def test_bad_requests_leave_the_cluster_alone(refused_requests: RefusedRequests, site: Site):
    """After all bad requests this site's cluster holds what it held before: at central the image."""
    before, after = refused_requests.before.copies[site.name], refused_requests.after.copies[site.name]

    assert before.present or not site.central, "the image was not in central's cluster before"
    assert after == before


@claim("B9")
@pytest.mark.parametrize("request_name", REFUSED_DELETIONS)
def test_deletion_of_what_is_in_use_is_refused(
    refused_deletions: RefusedDeletions, volumes_central: Site, request_name: str
):
    """What volumes are clones of cannot be deleted: 409, and the record is as before; else it waits in the trash."""
    made = refused_deletions.requests[request_name]
    if made.refusal is None and refused_deletions.may_accept(request_name):
        stores = made.before.stores - ({refused_deletions.dcn.store} if "copy" in request_name else made.before.stores)
        assert (made.after.stores if made.after else frozenset()) == stores
        return

    assert made.refusal is not None, f"accepted, though it has to be refused: {made.request}"
    assert made.refusal.status in REFUSED_DELETIONS[request_name], made.refusal.message
    assert made.after == made.before


@claim("B9")
def test_deletion_of_what_is_in_use_leaves_the_clusters_alone(
    refused_deletions: RefusedDeletions, image_to_clone: UploadedImage, volumes_central: Site
):
    """Afterwards every cluster holds the image as before, the DCN site's with its bytes, or keeps it in the trash."""
    trashed, before, after = refused_deletions.trashed, refused_deletions.before.copies, refused_deletions.after.copies
    kept = refused_deletions.dcn.name not in trashed

    assert {site: after[site] for site in trashed} == dict.fromkeys(trashed, Copy(in_trash=True))
    assert after.without(*trashed) == before.without(*trashed)
    assert refused_deletions.content == (image_to_clone.sha512 if kept else None)


@claim("B9")
def test_clones_outlive_the_refusal(
    refused_deletions: RefusedDeletions, clones: dict[str, MadeVolume], volumes_central: Site
):
    """The volumes are available, and in the clusters what they were before: clones of their sites' copies."""
    made = Listed(tuple(clones.items()), "no volume was made from the image")
    told = refused_deletions.told
    seen = {site: (clone.volume.status, told(site, clone)) for site, clone in refused_deletions.clones.items()}

    assert seen == {site: ("available", told(site, clone)) for site, clone in made}


@claim("B10")
def test_unfetchable_import_is_reported(unfetchable_image: FailedImport):
    """Glance refuses the import, or its task ends as a failure; the image never becomes active."""
    image, refused = unfetchable_image.image, unfetchable_image.refusal
    if unfetchable_image.tasks is not None and refused is None:
        tasks = Listed(
            unfetchable_image.tasks, f"image {image.id}: Glance accepted the import, and lists no task of it"
        )
        assert {task.status for task in tasks} == {"failure"}
    if refused is not None:
        assert 400 <= refused.status < 500, f"Glance itself fails, instead of the import: {refused}"
    assert image.record is not None, f"expected: a record of image {image.id}\nseen:     none"
    assert image.record.status == "queued"


@claim("B10")
def test_unfetchable_import_leaves_no_store_behind(unfetchable_image: FailedImport):
    """No store is said to hold the image, or to be still importing it."""
    record = unfetchable_image.image.record

    assert record.stores == frozenset()
    assert record.importing_to == frozenset()


@claim("B10")
def test_unfetchable_import_leaves_no_data(unfetchable_image: FailedImport, site: Site):
    """This site's cluster holds nothing of the image."""
    assert unfetchable_image.image.copies[site.name] == ABSENT
