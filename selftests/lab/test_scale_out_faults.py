"""Faults of a scale-out host: their sites, in labs with such a host and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from faults.catalogue import find
from faults.detection.suite import Suite
from faults.detection.way import LeftOut
from lab import haproxy
from lab.faults import reporting, way
from lab.faults.breaking import Breaking
from lab.faults.lab import Lab
from lab.faults.registry import BREAKS, place
from lab.faults.scale_out import HAPROXY_CONF
from lab.plan import Layout, PlanError, make_plan
from lab.state import State, write


def lab_with(folder: Path, *scale_out: str, dcn: int = 2) -> Lab:
    """The layout of a lab that does not run."""
    state = State(folder / "lab")
    return Lab(make_plan("nowhere", "192.0.2.0/24", state.folder, dcn, layout=Layout(scale_out=scale_out)), state)


def test_it_is_where_a_scale_out_host_is(tmp_path: Path):
    plan = lab_with(tmp_path, "dcn0").plan

    assert place(find("haproxy-stopped"), plan, None).name == "dcn0"
    assert place(find("nova-uses-central-glance"), plan, None).name == "dcn1"
    with pytest.raises(
        PlanError,
        match=r"haproxy-stopped: .* a scale-out host, not of dcn1; here: dcn0; `dcn-verify lab up",
    ):
        place(find("haproxy-stopped"), plan, "dcn1")


def test_a_haproxy_leads_to_central_by_every_server_of_its(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    state = State(tmp_path / "lab")
    layout = Layout(three_hosts=("dcn0",), scale_out=("dcn0",))
    lab = Lab(make_plan("nowhere", "192.0.2.0/24", state.folder, 1, layout=layout), state)
    site = lab.plan.site("dcn0")
    (host,) = site.haproxies
    write(lab.file(host, HAPROXY_CONF), haproxy.configuration(site, host))
    monkeypatch.setattr(reporting, "restart", lambda *args, **keywords: None)

    BREAKS["haproxy-leads-to-central"](Breaking(lab, find("haproxy-leads-to-central"), site))

    conf = lab.file(host, HAPROXY_CONF).read_text()
    assert [line.split()[2] for line in conf.splitlines() if line.endswith(" check")] == 3 * ["192.0.2.10:9292"]
    assert f"bind {host.address}:9292" in conf


@pytest.mark.parametrize(
    ("name", "dcn", "said"),
    [
        ("haproxy-stopped", 2, "haproxy-stopped: a fault of DCN sites with storage and a scale-out host; here: none"),
        ("store-leads-to-another-cluster", 1, "store-leads-to-another-cluster needs a lab with two DCN sites"),
    ],
)
def test_what_a_lab_has_nothing_for_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, dcn: int, said: str
):
    monkeypatch.setattr(way, "heal", lambda lab: None)
    at_lab = way.InTheLab(
        lab_with(tmp_path, dcn=dcn), Suite(tmp_path / "environment.yaml", tmp_path / "reports", tests=())
    )

    with pytest.raises(LeftOut, match=said):
        at_lab.observe(find(name))
