"""The command line, killed by itself at a named moment: no hook in the program, the function is wrapped from outside.

    python tests/battery/dying.py checkpoint.save:after 3 full --resume

kills the process (SIGKILL) just after the third return of `mwi_crawl.checkpoint.save`, here before the commit.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from typing import Any


def wrap(owner: Any, name: str, when: str, count: int) -> None:
    """Make the `count`-th call of a function the last thing this process does."""
    function = getattr(owner, name)
    calls = 0

    def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if when == "before" and calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if when == "after" and calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)


def main() -> None:
    moment, when = sys.argv[1].split(":")
    module, *attributes = moment.split(".")
    owner: Any = import_module(f"mwi_crawl.{module}")
    for attribute in attributes[:-1]:
        owner = getattr(owner, attribute)
    wrap(owner, attributes[-1], when, int(sys.argv[2]))
    sys.argv[1:] = sys.argv[3:]
    from mwi_crawl.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
