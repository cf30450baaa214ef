"""When a log's lines were written, and what ails the service that wrote them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from helpers.nodes.log_lines import Clock, plain, since, troubles

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (f"{NOON + 90:.0f} +0200\n", Clock(90, 7200)),
        (f"{NOON - 90:.0f} -0330\n", Clock(-90, -12600)),
        ("Mon Nov 23 12:00:00 UTC 2026\n", None),
        ("", None),
    ],
)
def test_a_clock_is_read(said: str, expected: Clock | None):
    """Its distance to this machine's, and its zone's to UTC; what is no such answer is no clock."""
    assert Clock.parse(said, NOON) == expected


@pytest.mark.parametrize(
    ("clock", "line", "expected"),
    [
        (Clock(0, 0), "2026-11-23 12:00:00.274 7 INFO glance [-] up", 0),
        (Clock(0, 7200), "2026-11-23 14:00:00.274 7 INFO glance [-] up", 0),
        (Clock(60, -3600), "2026-11-23 11:01:05,274 7 INFO glance [-] up", 5),
        (Clock(0, 7200), "2026-11-23T13:00:00.123456789+01:00 stderr F up", 0),
        (Clock(0, 7200), "2026-11-23T12:00:07Z up", 7),
        (Clock(0, 0), "Traceback (most recent call last):", None),
    ],
    ids=["utc", "local", "fast", "its own zone", "zulu", "none"],
)
def test_when_a_line_was_written(clock: Clock, line: str, expected: float | None):
    """By the zone that the line names, else by the node's, and less what the node is ahead."""
    moment = clock.moment(line)
    assert (None if moment is None else moment - NOON) == expected


def test_a_line_without_a_time_goes_with_the_one_before():
    """A traceback as Python writes it belongs to the line above it; before any time nothing is known to be recent."""
    lines = ["lost", "2026-11-23 11:00:00 old", "of the old", "2026-11-23 12:00:01 new", "of the new"]
    assert list(since(lines, NOON, Clock(0, 0))) == lines[3:]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            [
                "2026-11-23 12:00:00.1 7 ERROR glance.common.wsgi [None req-1 a b] Caught error: no such pool",
                "2026-11-23 12:00:00.1 7 ERROR glance.common.wsgi Traceback (most recent call last):",
                '2026-11-23 12:00:00.1 7 ERROR glance.common.wsgi   File "a.py", line 1, in b',
                "2026-11-23 12:00:00.1 7 ERROR glance.common.wsgi rados.ObjectNotFound: [errno 2] no conf file",
                "2026-11-23 12:00:00.2 7 INFO glance.common.wsgi goes on",
            ],
            [0, 3],
        ),
        (
            [
                "2026-11-23T12:00:00.1+00:00 stderr F Traceback (most recent call last):",
                '2026-11-23T12:00:00.1+00:00 stderr F   File "a.py", line 1, in <module>',
                "2026-11-23T12:00:00.1+00:00 stderr F     raise",
                "2026-11-23T12:00:00.1+00:00 stderr F glance_store.exceptions.BadStoreConfiguration: central:rdb",
                "2026-11-23T12:00:00.1+00:00 stdout F + exit 1",
            ],
            [3],
        ),
        (
            ["2026-11-23 12:00:00.1 7 WARNING glance [-] old option", '2026-11-23 7 INFO eventlet "GET /v2/ HTTP" 200'],
            [],
        ),
        (["2026-11-23 12:00:00.1 7 CRITICAL glance [-] Unhandled error: ValueError"], [0]),
    ],
    ids=["oslo", "python", "nothing", "critical"],
)
def test_what_ails_a_service(lines: list[str], expected: list[int]):
    """Its errors, and of a traceback the last line, in oslo.log's way and in Python's."""
    assert list(troubles(lines)) == [lines[number] for number in expected]


def test_each_thing_is_said_once():
    """The same words again and again are shown as they were written last."""
    lines = [f"2026-11-23 12:00:0{n}.1 7 ERROR glance [-] no such pool" for n in range(3)]
    assert plain(lines) == ("2026-11-23 12:00:02.1 7 ERROR glance no such pool",)
