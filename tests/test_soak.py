"""A long run made short: five sources, every twentieth answer a fault. At length: tests/battery/soak.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from battery import soak


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory and open files are read there")
def test_with_faults_every_film_is_finished_nothing_leaks_and_the_figures_are_exact():
    outcome = soak.soak(200, 0.05, 90.0)
    assert outcome.wrong == []
    assert outcome.report.total("retried") > 20
    assert max(sample.tasks for sample in outcome.samples) > outcome.before.tasks  # they were counted
