"""What is true of the file at every instant, whoever was killed just then. One place, asked by all batteries.

Each entry is a sentence about what is wrong, and the question whose rows are those of which it is true. `ALWAYS` holds
for any file of ours; `FIRST_RUN` where one plain run, resumed or not, has asked about films for the first time.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from mwi_crawl import schema

ALWAYS: Mapping[str, str] = {
    # no state without its rows
    "done without rows": """
        select source, key from jobs
        where state = 'done' and coalesce(reason, '') in ('', 'kept') and film_id is not null
          and case when source = 'ddd' then film_id not in (select film_id from content_warnings where source = 'ddd')
            when source in ('tmdb', 'omdb', 'imdb', 'imdb_datasets')
              then not exists (select 1 from film_facts as f where f.film_id = jobs.film_id and f.source = jobs.source)
            end""",
    "a look-up without the question it led to": """
        select source, key from jobs as led
        where reason = 'lookup' and state = 'done' and not exists (
          select 1 from jobs as to_it
          where to_it.film_id = led.film_id and to_it.source = led.source and to_it.reason is not 'lookup')""",
    "an answer whose body is not there": """
        select source, key from jobs where body_hash is not null and body_hash not in (select body_hash from bodies)""",
    "failed or unreadable without its failure": """
        select source, key from jobs where state in ('failed', 'broken')
          and not exists (select 1 from failures as f where f.source = jobs.source and f.key = jobs.key)""",
    "failed attempts of which nothing is known": """
        select source, key from jobs where attempts > 0 and state <> 'done'
          and not exists (select 1 from failures as f
            where f.source = jobs.source and f.key = jobs.key and f.attempt = jobs.attempts)""",
    "a loaded file that nobody was asked about": """
        select name from dataset_files where loaded_at is not null and name = 'title.basics.tsv.gz'
          and not exists (select 1 from jobs where source = 'imdb_datasets')""",
    "an imported rating that is not the person's": """
        select entry_id from import_entries as e where stars is not null and gone_at is null
          and not exists (select 1 from ratings as r where r.user_id = e.user_id and r.film_id = e.film_id)""",
    "an imported day that is no viewing": """
        select entry_id from import_entries as e where watched = 1 and gone_at is null and watched_on is not null
          and not exists (select 1 from watches as w where w.user_id = e.user_id and w.film_id = e.film_id)""",
    "an import without its rows": """
        select import_id from imports where added > 0
          and not exists (select 1 from import_entries as e where e.first_import_id = imports.import_id)""",
    # no rows without their state
    "rows of a film about which the source was never heard": """
        select film_id, source from film_facts as said where not exists (
          select 1 from jobs where jobs.film_id = said.film_id and jobs.source = said.source
            and parser_version is not null and reason is not 'lookup')
        union all
        select distinct film_id, source from content_warnings as said where not exists (
          select 1 from jobs where jobs.film_id = said.film_id and jobs.source = said.source
            and parser_version is not null and reason is not 'lookup')""",
    "a failure of a question that nobody asked": """
        select source, key from failures where film_id is not null
          and not exists (select 1 from jobs where jobs.source = failures.source and jobs.key = failures.key)""",
    # runs
    "two runs at once": "select run_id from runs where status = 'RUNNING' and run_id < (select max(run_id) from runs)",
    "a run that ended well and has left work": """
        select run_id from runs where status = 'SUCCESS'
          and exists (select 1 from jobs where jobs.run_id = runs.run_id and state = 'pending')""",
    "more asked again than failed": """
        select run_id, source from run_sources as lane where retried > (
          select count(*) from failures where failures.run_id = lane.run_id and failures.source = lane.source)""",
}

FIRST_RUN: Mapping[str, str] = {
    "a film that was left out of the plan": """
        select film_id, source from films cross join run_sources as lane join runs using (run_id)
        where followed = 1 and imdb_id is not null and planned_at is not null and created_at < planned_at
          and lane.source in ('tmdb', 'omdb', 'ddd') and lane.state not in ('off', 'no_key')
          and not exists (select 1 from jobs where jobs.film_id = films.film_id and jobs.source = lane.source)""",
    "rows, and the question still open": """
        select film_id, source from film_facts as said where not exists (
          select 1 from jobs where jobs.film_id = said.film_id and jobs.source = said.source and state = 'done'
            and reason is not 'lookup')""",
    "not there, and the other ways to ask forgotten": """
        select source, key from jobs as gone where state = 'absent' and fallback is not null
          and coalesce(reason, '') not in ('ambiguous', 'tv_episode', 'person') and not exists (
            select 1 from jobs as other where other.film_id = gone.film_id and other.source = gone.source
              and other.job_id <> gone.job_id and other.job_id > gone.job_id)""",
    "a body that is nobody's answer": """
        select request from bodies where body_hash not in (
          select body_hash from jobs where body_hash is not null
          union all select body_hash from conflicts where body_hash is not null)""",
    "figures that do not add up": """
        select source, requests, retried from run_sources as lane where state not in ('off', 'no_key')
          and source <> 'cinemorgue' -- one request of it answers many questions
          and requests - retried <> (
            select count(*) from jobs where jobs.run_id = lane.run_id and jobs.source = lane.source
              and jobs.state <> 'pending')""",
    "failures that do not add up": """
        select source, retried from run_sources as lane where retried + (
            select count(*) from jobs where jobs.run_id = lane.run_id and jobs.source = lane.source
              and state in ('failed', 'broken'))
          <> (select count(*) from failures where failures.run_id = lane.run_id and failures.source = lane.source)""",
    "a quota that has not counted its answers": """
        select source, period, used from quotas
        where substr(began_at, 1, 10) = (select substr(max(fetched_at), 1, 10) from jobs)
          and used < (select sum(requests) from run_sources as lane where lane.source = quotas.source)""",
}


def broken(db: sqlite3.Connection, *, first_run: bool = False) -> list[str]:
    """What is wrong with a file, a sentence each; empty for a sound one. A half-old file is judged by its tables."""
    wrong = [f"integrity_check: {row[0]}" for row in db.execute("pragma integrity_check") if row[0] != "ok"]
    if wrong:
        return wrong
    wrong += [f"a row of {row[0]} points to no row of {row[2]}" for row in db.execute("pragma foreign_key_check")]
    if schema.version(db) == schema.latest():
        asked = {**ALWAYS, **FIRST_RUN} if first_run else ALWAYS
        found = {what: db.execute(question).fetchall() for what, question in asked.items()}
        wrong += [f"{what}: {[tuple(row) for row in rows[:3]]} ({len(rows)})" for what, rows in found.items() if rows]
        wrong += _aggregates(db)
    return wrong


def _aggregates(db: sqlite3.Connection) -> Iterator[str]:
    """A table that is not as aggregate noted when it made it."""
    if db.execute("select 1 from sqlite_master where name = 'aggregate_tables'").fetchone() is None:
        return
    for name, rows in db.execute("select name, rows from aggregate_tables where rows is not null").fetchall():
        there = db.execute("select 1 from sqlite_master where name = ?", (name,)).fetchone()
        if not there or db.execute(f'select count(*) from "{name}"').fetchone()[0] != rows:
            yield f"the table {name} is not the one that aggregate made"


def copy_of(folder: Path, into: Path) -> Path:
    """The file with its log as the dead process left them, copied so that looking repairs nothing."""
    for name in ("mwi.db", "mwi.db-wal"):
        (into / name).unlink(missing_ok=True)
        if (folder / name).exists():
            shutil.copy(folder / name, into / name)
    return into / "mwi.db"


@contextmanager
def copied(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection to such a copy."""
    with tempfile.TemporaryDirectory() as place, closing(sqlite3.connect(copy_of(folder, Path(place)))) as db:
        yield db


def main() -> int:
    """Look at the databases in the folders that are named."""
    code = 0
    for name in sys.argv[1:]:
        with copied(Path(name)) as db:
            wrong = broken(db)
        print(f"{name}: {'; '.join(wrong) or 'sound'}")
        code |= bool(wrong)
    return code


if __name__ == "__main__":
    sys.exit(main())
