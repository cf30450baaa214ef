"""Where an image's locations are seen: in the record, in the internal Glance's, by the locations API, or nowhere."""

from __future__ import annotations

import pytest

from fixtures.stages.locating import GlanceInUse, Use
from helpers.openstack.glance import Glance
from selftests.openstack.test_glance import ID, SITE, answer, image

AT = [{"url": f"rbd://f51d/images/{ID}/snap", "metadata": {"store": "central"}}]


class Api:
    """Answers with one record, and with this to a request for locations."""

    def __init__(self, record: dict[str, object], locations: int = 404) -> None:
        self.record, self.locations = record, locations

    def get(self, path: str, **options: object) -> object:
        if path.endswith("/locations"):
            return answer(self.locations, AT if self.locations == 200 else {"message": "no"})
        return answer(200, self.record)


def test_the_record_itself_shows_them():
    record = Glance(Api(image(locations=AT), 500), SITE, "overcloud").located(ID)

    assert record is not None
    assert [location.fsid for location in record.locations or ()] == ["f51d"]
    assert record.located == ""


def test_the_internal_glance_shows_them_whatever_the_public_one_does():
    internal = Glance(Api(image(locations=AT, direct_url=AT[0]["url"])), SITE, "overcloud", in_catalog=False)
    record = Glance(Api(image()), SITE, "overcloud", internal=internal).located(ID)
    hidden = Glance(Api(image(locations=AT)), SITE, "overcloud", internal=Glance(Api(image()), SITE, "x")).located(ID)

    assert record is not None
    assert record.direct_url is not None
    assert record.located.startswith("curl"), "the client asks the public one"
    assert hidden is not None
    assert hidden.locations is None


@pytest.mark.parametrize(("status", "seen"), [(200, 1), (403, None), (404, None)])
def test_the_locations_api_shows_them_or_nothing_does(status: int, seen: int | None):
    record = Glance(Api(image(), status), SITE, "overcloud").located(ID)

    assert record is not None
    assert (record.locations and len(record.locations)) == seen


def test_hidden_locations_are_a_failure_only_where_they_are_hidden_from_nova():
    def doubt(url: str | None, *, api: bool = False) -> str | None:
        uses = (Use("compute-0", "192.0.2.11", "nova_compute", url),)
        return GlanceInUse(uses, (), locations_api=api, reproduce=()).doubt(SITE)

    assert doubt("http://192.0.2.10:9292") is None
    assert doubt("http://192.0.2.11:9292") is None
    assert "compute-0 uses http://192.0.2.10:9293" in str(doubt("http://192.0.2.10:9293"))
    assert "what the catalog lists" in str(doubt(None))
    assert "has the locations API" in str(doubt("http://192.0.2.10:9292", api=True))
    assert "no node says" in str(GlanceInUse((), (), locations_api=False, reproduce=()).doubt(SITE))
    assert "no answer" in str(GlanceInUse((), ("no answer",), locations_api=False, reproduce=()).doubt(SITE))
