"""Quoting: how a path is written so that the place that reads it reads the same path."""

from __future__ import annotations

import re
import shlex


def in_crontab(argument: str) -> str:
    r"""A word for the shell in a crontab, where `%` ends the command, and some crons make `\\` one backslash.

    So `\%` stands outside quotes, where cron or the shell takes its backslash away, and a backslash before a quote.
    """
    special = {"%": r"\%", "\\": r"'\'"}
    return "".join(special.get(part) or shlex.quote(part) for part in re.split(r"([%\\])", argument) if part)


def for_systemd(argument: str) -> str:
    """A word of `ExecStart=`; that `$` is doubled in all but the first is the caller's business."""
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return argument if re.fullmatch(r"[\w./:=@+-]+", argument) else f'"{escaped}"'


def for_powershell(text: str) -> str:
    """A literal string; PowerShell takes every kind of single quote for one."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


def for_windows(argument: str) -> str:
    """A word of a program's command line on Windows."""
    if argument and not re.search(r'[\s"]', argument):
        return argument
    return '"' + re.sub(r'(\\*)("|$)', lambda m: m[1] * 2 + ('\\"' if m[2] else ""), argument) + '"'
