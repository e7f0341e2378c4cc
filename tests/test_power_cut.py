"""A power cut at any instant: the file is sound and has all that was acknowledged.

The same with thousands of cuts and figures: tests/battery/power_cut.py.
"""

from __future__ import annotations

import pytest
from battery import planted, power_cut

from mwi_crawl import writer
from mwi_crawl.writer import Writer

apsw = pytest.importorskip("apsw", reason="the disk that keeps a log is a VFS of apsw")

FILMS = 16
CUTS = 60
PAGES = 30  # so that many cuts fall into the moving of the log into the file


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        # on a busy machine every commit would be longer than PAGES, and moved, and waited for, at once
        patched.setattr(writer, "SATURATED", 100.0)
        return power_cut.recorded(tmp_path_factory.mktemp("life"), FILMS)


def cut(steps, folder, mode: str) -> power_cut.Seen:
    return power_cut.cut(power_cut.replayed(steps, folder, mode, PAGES), CUTS, seed=1)


def test_a_power_cut_takes_nothing_that_was_acknowledged_and_harms_nothing(steps, tmp_path):
    seen = cut(steps, tmp_path, "full")
    assert seen.acknowledged > CUTS
    assert (seen.damaged, seen.forgetful, seen.broken) == (0, 0, [])


@pytest.mark.parametrize("mode", ["normal", "off"])
def test_the_cuts_find_a_disk_that_is_not_waited_for(steps, tmp_path, mode):
    seen = cut(steps, tmp_path, mode)
    assert seen.forgetful > 0
    assert (seen.damaged > 0) == (mode == "off")


def test_the_cuts_find_an_acknowledgement_that_comes_too_early(tmp_path, monkeypatch):
    monkeypatch.setattr(Writer, "_commit", Writer._commit)  # as it was, afterwards
    planted.early_acknowledgement()
    (tmp_path / "life").mkdir()
    seen = cut(power_cut.recorded(tmp_path / "life", FILMS), tmp_path, "full")
    assert seen.forgetful > 0
    assert seen.damaged == 0
