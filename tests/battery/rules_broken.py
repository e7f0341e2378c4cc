"""Break the rules that matter most, one at a time, and see which test tells.

    python tests/battery/rules_broken.py [--only WORD]

Works on a copy of the checkout. Each rule is broken by one replacement in one file; then the test files named beside it
run until the first failure. Prints the test that caught each; ends with 1 if one was not caught.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300  # seconds for the tests of one rule


@dataclass(frozen=True)
class Rule:
    """A rule, how it is broken, and who should tell."""

    said: str
    file: str
    right: str
    wrong: str
    tests: str


RULES = (
    Rule(
        "an answer, its rows and its state are one transaction",
        "mwi_crawl/checkpoint.py",
        "    _settle_job(db, run_id, settled, keep, lookup=lookup, heard=again is None)\n",
        "    for end in ('release batch', 'commit', 'begin immediate', 'savepoint batch'):\n        db.execute(end)\n"
        "    _settle_job(db, run_id, settled, keep, lookup=lookup, heard=again is None)\n",
        "tests/test_checkpoint.py tests/test_crash.py",
    ),
    Rule(
        "a worker hears of its answer only when it is durable",
        "mwi_crawl/writer.py",
        "        answers = [each for settled, _ in batch for each in settled]\n",
        "        answers = [each for settled, _ in batch for each in settled]\n"
        "        for settled, future in batch:\n"
        "            future.set_result([Saved(each, finished=True) for each in settled])\n",
        "tests/test_writer.py tests/test_crash.py",
    ),
    Rule(
        "a spent quota is no failed attempt",
        "mwi_crawl/settle.py",
        "_UNCOUNTED = (Outcome.REFUSED, Outcome.SPENT, Outcome.DENIED, Outcome.OFFLINE)",
        "_UNCOUNTED = (Outcome.REFUSED, Outcome.DENIED, Outcome.OFFLINE)",
        "tests/test_settle.py tests/test_quota.py",
    ),
    Rule(
        "Retry-After shuts the gate for everybody",
        "mwi_crawl/throttle.py",
        '        self.pause(seconds, "http_429")\n',
        "",
        "tests/test_throttle.py tests/test_lane.py",
    ),
    Rule(
        "what lost facts is not applied",
        "mwi_crawl/losses.py",
        "    found = lost(before.facts, before.sizes, parsed)\n",
        "    found = []\n",
        "tests/test_losses.py",
    ),
    Rule(
        "no credential follows a redirect to another host",
        "mwi_crawl/fetch.py",
        "allow_redirects=False",
        "allow_redirects=True",
        "tests/test_fetch.py",
    ),
    Rule(
        "keys are masked wherever text leaves the program",
        "mwi_crawl/redact.py",
        "        text = _NAMED.sub(",
        "        return text\n        text = _NAMED.sub(",
        "tests/test_redact.py tests/test_secrets.py",
    ),
    Rule(
        "a person's decision stays",
        "mwi_crawl/checkpoint.py",
        "            parsed = None if parsed is None else decisions.heed(db, film_id, job.source, job.key, parsed)\n",
        "",
        "tests/test_decisions.py",
    ),
    Rule(
        "what is absent is asked for after a growing time",
        "mwi_crawl/settle.py",
        "ABSENT_FIRST * 2 ** min(job.absences, DOUBLINGS)",
        "ABSENT_FIRST",
        "tests/test_settle.py",
    ),
    Rule(
        "a film heard of after a change is not asked again",
        "sql/checkpoint/requeue_changed.sql",
        " and fetched_at < :before",
        "",
        "tests/test_incremental.py",
    ),
    Rule(
        "a day of changes is known only when all its pages are",
        "mwi_crawl/changes.py",
        '            if row["state"] != JobState.DONE:\n',
        "            if False:\n",
        "tests/test_incremental.py",
    ),
    Rule(
        "the dearer way is not taken",
        "mwi_crawl/changes.py",
        '    direct = heard["films"] <= pages\n',
        "    direct = False\n",
        "tests/test_incremental.py",
    ),
)


def main() -> int:
    """Break each rule in a copy, and print who told."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="only rules that have this word")
    only = parser.parse_args().only
    missed = 0
    with tempfile.TemporaryDirectory(prefix="mwi-crawl-rules-") as folder:
        copy = Path(folder) / "mwi-crawl"
        shutil.copytree(
            ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "*.egg-info", "__pycache__", ".*cache")
        )
        for rule in (rule for rule in RULES if only in rule.said):
            told = _broken(copy, rule)
            missed += told is None
            print(f"{'caught' if told else 'MISSED'}  {rule.said}: {told or 'nobody told'}", flush=True)
    return 1 if missed else 0


def _broken(copy: Path, rule: Rule) -> str | None:
    """The first test that fails with the rule broken; None if none does."""
    file = copy / rule.file
    text = file.read_text(encoding="utf-8")
    if rule.right not in text:
        raise SystemExit(f"{rule.said}: {rule.file} does not hold what was to be replaced")
    file.write_text(text.replace(rule.right, rule.wrong, 1), encoding="utf-8")
    try:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *rule.tests.split()]
        said = subprocess.run(
            command,
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        ).stdout
    except subprocess.TimeoutExpired:
        return "the tests did not end"
    finally:
        file.write_text(text, encoding="utf-8")
    failed = [line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].removeprefix("FAILED ").partition(" - ")[0] if failed else None


if __name__ == "__main__":
    sys.exit(main())
