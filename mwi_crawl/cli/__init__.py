"""The command line: one file per group of commands. Only here are click, tqdm, signals and exit codes known.

The modules of this package import nothing heavy at their top, so that `--help` answers at once; what a command needs
it imports when it runs.
"""

from __future__ import annotations

import sys

import click

from mwi_crawl.cli.crawling import demo, full, plan
from mwi_crawl.cli.inputs import import_
from mwi_crawl.cli.looking import failures, runs, status
from mwi_crawl.cli.repair import db
from mwi_crawl.cli.setting_up import config, doctor, init, keys
from mwi_crawl.errors import MwiError

INTRODUCTION = """Crawl and enrich your film history into one SQLite file.

\b
First time?   mwi-crawl init     then   mwi-crawl import ratings.csv
Then:         mwi-crawl full
Interrupted?  mwi-crawl full --resume
No keys yet?  mwi-crawl demo
"""


@click.group(help=INTRODUCTION, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mwi-crawl")
@click.pass_context
def cli(context: click.Context) -> None:
    """See INTRODUCTION."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in (init, import_, plan, full, status, runs, failures, doctor, keys, config, demo, db):
    cli.add_command(command)


def main() -> None:
    """Run the command; a problem is told in its four parts, with its exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as problem:
        problem.show()
        code = problem.exit_code
    except MwiError as problem:
        click.echo(f"Error: {problem}", err=True)
        click.echo(f"(exit code {problem.exit_code})", err=True)
        code = problem.exit_code
    except BrokenPipeError:  # `mwi-crawl status | head`
        sys.stderr.close()
        code = 0
    sys.exit(code if isinstance(code, int) else 0)
