"""Results of stages that cannot be written to disk, and the stages that wait for them."""

from __future__ import annotations

from pathlib import Path

from helpers.engine.results import ResultStore, StageResult
from helpers.engine.stages import StageKey
from helpers.runs.run import Run

KEY = StageKey("imported_image")


def test_a_result_that_cannot_be_written_is_known_where_it_was_published(tmp_path: Path):
    (tmp_path / "file").write_text("")
    told: list[bool] = []
    store = ResultStore(tmp_path / "file" / "stages", lambda: told.append(True))
    for value in (1, 2):
        store.put(KEY, StageResult(str(KEY), "passed", value), int)

    assert store.get(KEY, int) == StageResult(str(KEY), "passed", 2)
    assert [one.stage for one in store.all()] == ["imported_image"]
    assert told == [True]
    assert store.unwritten.endswith("imported_image.json cannot be written: Not a directory")


def test_a_result_whose_file_was_removed_is_known_where_it_was_published(tmp_path: Path):
    store = ResultStore(tmp_path / "stages")
    store.put(KEY, StageResult(str(KEY), "passed", 1), int)
    (tmp_path / "stages" / "imported_image.json").unlink()

    assert store.get(KEY, int) == StageResult(str(KEY), "passed", 1)
    assert ResultStore(tmp_path / "stages").get(KEY, int) is None


def test_others_wait_only_while_somebody_writes(tmp_path: Path):
    main, other = (Run(tmp_path / "20251122-190000-abcdef") for _ in range(2))
    main.make_folder()
    main.writing.acquire()

    assert other.is_written()
    main.writing.release()
    assert not other.is_written()


def test_nobody_writes_into_a_folder_that_was_removed(tmp_path: Path):
    assert not Run(tmp_path / "20251122-190000-abcdef").is_written()
