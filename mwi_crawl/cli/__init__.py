"""The command line: one file per group of commands. Only here are click, tqdm, signals and exit codes known.

The modules of this package import nothing heavy at their top, so that `--help` answers at once; what a command needs
it imports when it runs.
"""

from __future__ import annotations

import sys

import click

from mwi_crawl.cli import endings, signals, terminal
from mwi_crawl.cli.aggregating import aggregate as aggregate_command
from mwi_crawl.cli.asking import why
from mwi_crawl.cli.crawling import full, incremental, plan
from mwi_crawl.cli.datasets import datasets as datasets_command
from mwi_crawl.cli.demo import demo as demo_command
from mwi_crawl.cli.doctor import doctor as doctor_command
from mwi_crawl.cli.exporting import export as export_command
from mwi_crawl.cli.failing import failures
from mwi_crawl.cli.film import film
from mwi_crawl.cli.history import runs
from mwi_crawl.cli.inputs import import_
from mwi_crawl.cli.looking import status
from mwi_crawl.cli.matching import match
from mwi_crawl.cli.ranking import rank as rank_command
from mwi_crawl.cli.repair import db
from mwi_crawl.cli.reparsing import reparse
from mwi_crawl.cli.reviewing import review as review_command
from mwi_crawl.cli.scheduling import schedule
from mwi_crawl.cli.setting_up import config, init, keys
from mwi_crawl.cli.stats import stats as stats_command
from mwi_crawl.errors import MwiError

INTRODUCTION = """Crawl and enrich your film history into one SQLite file.

\b
First time?   mwi-crawl init     then   mwi-crawl import ratings.csv
Then:         mwi-crawl full     then   mwi-crawl aggregate
Interrupted?  mwi-crawl full --resume
No keys yet?  mwi-crawl demo
"""

EXIT_CODES = """\b
Exit codes:
  0  all done                        6    work waits for a time that is named
  1  a bug in mwi-crawl              7    a source blocked us or changed
  2  wrong usage                     8    disk or database trouble
  3  configuration or input file     9    no source can be reached
  4  a key is missing or refused     130  Ctrl-C  (143: terminated)
  5  some films failed
"""


class InOrder(click.Group):
    """Lists the commands in the order in which a person meets them."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """As they were added."""
        return list(self.commands)


@click.group(
    cls=InOrder,
    help=INTRODUCTION,
    epilog=EXIT_CODES,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="mwi-crawl")
@click.pass_context
def cli(context: click.Context) -> None:
    """See INTRODUCTION."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


IN_ORDER = (
    demo_command,
    init,
    import_,
    datasets_command,
    keys,
    plan,
    full,
    incremental,
    aggregate_command,
    status,
    runs,
    failures,
    match,
    film,
    why,
    rank_command,
    stats_command,
    review_command,
    export_command,
    schedule,
    doctor_command,
    config,
    reparse,
    db,
)

for command in IN_ORDER:
    cli.add_command(command)


def main() -> None:
    """Run the command; a problem is told in its four parts, with its exit code."""
    terminal.forgiving()
    signals.as_ctrl_c()
    endings.watch_for_bugs()
    sys.exit(run())


def run(arguments: list[str] | None = None) -> int:
    """Run a command line (by default the process's own). Returns the exit code; a bug is raised."""
    try:
        code = cli.main(arguments, prog_name="mwi-crawl", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return endings.tell_interrupted()
    except click.ClickException as problem:
        return endings.usage(problem)
    except MwiError as problem:
        return endings.tell(problem)
    except OSError as problem:
        return endings.tell_os_error(problem)
    return code if isinstance(code, int) else 0
