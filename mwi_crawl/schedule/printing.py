"""Printing: cadences as text for cron, systemd, launchd and the Task Scheduler of Windows."""

from __future__ import annotations

import plistlib
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mwi_crawl.errors import InputError
from mwi_crawl.redact import printable
from mwi_crawl.schedule.cadences import DAYS, Cadence, clashes
from mwi_crawl.schedule.quoting import for_powershell, for_systemd, for_windows, in_crontab

# systemd: each waits for those before it. The quick one comes last, because its next time is near
IN_LINE = ("channels", "enrichment", "weekly", "daily", "quick")

# zsh takes a pasted comment for a command; inside of this sh reads all
SHELL, SHELL_ENDS = "sh <<'MWI-CRAWL'", "MWI-CRAWL"


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is run: an absolute `folder`, the `program`, and `options` that every command is given.

    `local`: the machine's own clock keeps the time of `zone`. `unseen` are variables that only this shell has.
    """

    folder: str
    program: tuple[str, ...]
    zone: str = "UTC"
    options: tuple[str, ...] = ()
    local: bool = True
    unseen: tuple[str, ...] = ()

    def command(self, words: str) -> tuple[str, ...]:
        """A command as its arguments."""
        return (*self.program, *words.split(), *self.options)


def text(platform: str, found: Sequence[Cadence], place: Place) -> str:
    """The schedule for `cron`, `systemd`, `launchd` or `windows`. Raises InputError for a path that it cannot hold."""
    for path in (place.folder, *place.program, *place.options):
        cannot = path != printable(path) or re.search("[\t\ufffe\uffff]", path)
        if cannot or (platform == "windows" and re.search(r"%[^%]+%|\$\(", path)):
            raise InputError(
                f"no schedule for {platform} can hold this path: {printable(path)}",
                safe="Nothing was changed.",
                todo="Rename the folder so that its name has no control characters (for Windows: no %…% and no $( ).",
            )
    return "\n".join(FORMS[platform](found, place)) + "\n"


def cron(found: Sequence[Cadence], place: Place) -> Iterator[str]:
    """Lines for a crontab."""
    yield "# mwi-crawl by cron. Put this at the end of what `crontab -e` shows: CRON_TZ holds for all lines below it."
    yield from _comments(
        "-q prints nothing when all is well, so mail from cron means trouble.",
        "cronie (Fedora, RHEL, Arch, SUSE) knows CRON_TZ. Others, such as Debian's and Ubuntu's, pass over it and read",
        "the times by the machine's clock"
        + (", which keeps the same time." if place.local else ": CHANGE THEM THERE."),
        *_notes(found, place),
    )
    yield f"CRON_TZ={place.zone}"
    for each in found:
        hours = f"*/{each.hours[1]}" if len(each.hours) > 1 and each.hours[0] == 0 else _list(each.hours)
        days = "*" if each.every_day else _list(sorted((day + 1) % 7 for day in each.days))
        yield from _about(each)
        yield f"{each.minute} {hours} * * {days}  {_for_cron(place, each)}"


def systemd(found: Sequence[Cadence], place: Place) -> Iterator[str]:
    """A shell's lines that write the units and start the timers."""
    yield SHELL
    yield from _comments(
        "mwi-crawl by systemd. Paste all of this into a shell, or add `| sh` to the command that printed it: it writes",
        "a service and a timer each, for you alone.",
        "What a run has to say: journalctl --user -u 'mwi-crawl-*'. -q says nothing when all is well.",
        "Persistent=true makes up for what was missed while the machine was off; After= lets one wait for another.",
        "No RandomizedDelaySec: it would undo the staggering.",
        *_notes(found, place),
    )
    yield "mkdir -p ~/.config/systemd/user"
    names = [each.name for each in found]
    for each in found:
        before = [f"mwi-crawl-{name}.service" for name in IN_LINE[: IN_LINE.index(each.name)] if name in names]
        yield from ("", *_about(each))
        yield from _file(f"~/.config/systemd/user/mwi-crawl-{each.name}.service", _service(each, place, before))
        yield from _file(f"~/.config/systemd/user/mwi-crawl-{each.name}.timer", _timer(each, place))
    yield from ("", "systemctl --user daemon-reload")
    yield f"systemctl --user enable --now {' '.join(f'mwi-crawl-{name}.timer' for name in names)}"
    yield from ("# so that they run while nobody is logged in: loginctl enable-linger", SHELL_ENDS)


def launchd(found: Sequence[Cadence], place: Place) -> Iterator[str]:
    """A shell's lines that write the agents and load them."""
    yield SHELL
    yield from _comments(
        "mwi-crawl by launchd (macOS). Paste all of this into a shell, or add `| sh` to the command that printed it:",
        "it writes an agent each, for you alone.",
        "What a run has to say is put into mwi-crawl-schedule.log in that folder; -q says nothing when all is well.",
        "What the Mac slept through begins when it wakes; of several that then begin at once one runs, the others wait",
        "for their next time.",
        *_own_clock(place),
        *_notes(found, place),
    )
    yield "mkdir -p ~/Library/LaunchAgents"
    for each in found:
        path = f"~/Library/LaunchAgents/mwi-crawl.{each.name}.plist"
        yield from ("", *_about(each), *_file(path, _agent(each, place)))
        yield f"launchctl bootout gui/$(id -u)/mwi-crawl.{each.name} 2>/dev/null"
        yield f"launchctl bootstrap gui/$(id -u) {path}"
    yield SHELL_ENDS


def windows(found: Sequence[Cadence], place: Place) -> Iterator[str]:
    """PowerShell that registers the tasks."""
    yield "# mwi-crawl by the Task Scheduler. Paste this into PowerShell: it registers a task each, for you alone."
    yield from _comments(
        r"They are listed under \mwi-crawl\ in the Task Scheduler; Last Run Result there is the exit code.",
        "The tables are made anew even where the run before them had trouble: they hold what there is.",
        *_own_clock(place),
        *_notes(found, place),
    )
    yield f"$folder = {for_powershell(place.folder)}"
    yield (
        "$settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -AllowStartIfOnBatteries "
        "-DontStopIfGoingOnBatteries"
    )
    for each in found:
        often = "-Daily" if each.every_day else f"-Weekly -DaysOfWeek {','.join(DAYS[day] for day in each.days)}"
        times = ", ".join(f"'{time}'" for time in each.clock)
        yield from ("", *_about(each), "$actions = @(")
        for words in each.commands:
            program, *arguments = place.command(words)
            line = for_powershell(" ".join(map(for_windows, arguments)))
            execute = f"-Execute {for_powershell(program)} -Argument {line}"
            yield f"    New-ScheduledTaskAction {execute} -WorkingDirectory $folder"
        yield from (")", f"$triggers = @({times}) | ForEach-Object {{ New-ScheduledTaskTrigger {often} -At $_ }}")
        yield (
            rf"Register-ScheduledTask -TaskPath '\mwi-crawl\' -TaskName '{each.name}' -Action $actions "
            "-Trigger $triggers -Settings $settings -Force"
        )


FORMS: Mapping[str, Callable[[Sequence[Cadence], Place], Iterable[str]]] = {
    "cron": cron,
    "systemd": systemd,
    "launchd": launchd,
    "windows": windows,
}


def _comments(*lines: str) -> Iterator[str]:
    return (f"# {line}" for line in lines)


def _notes(found: Sequence[Cadence], place: Place) -> Iterator[str]:
    """What holds for every system."""
    yield "Runs of one database exclude each other: the times differ, so that none begins while another is likely to be"
    yield "at work. One that meets another all the same ends with exit code 8 and changes nothing; the next goes on."
    yield "--resume goes on with what was left; --ok 6: work that waits for a quota is no trouble."
    if place.zone != "UTC" or not place.local:
        yield "In the nights when clocks change, a time from 01:00 to 03:00 may come twice or not at all, without harm."
    if all(each.name != "channels" for each in found):
        yield "No run for trailers: none of their sources is on and has its key (mwi-crawl doctor), [youtube] names no"
        yield "channels, or [schedule] no time for them."
    yield from (f"WARNING: {clash}: change [schedule] in config.toml." for clash in clashes(found))
    if place.unseen:
        yield f"WARNING: set in this shell only, and unknown to a schedule: {', '.join(place.unseen)}."
        yield "Put them into config.toml, and keys into .env."


def _own_clock(place: Place) -> Iterator[str]:
    yield "It knows no time zones: the times are read by the machine's own clock."
    if not place.local:
        yield f"WARNING: [schedule] time_zone is {place.zone}, and this machine's clock keeps another time."


def _about(each: Cadence) -> Iterator[str]:
    return _comments(f"{each.name}: {each.about}")


def _service(each: Cadence, place: Place, before: Sequence[str]) -> Iterator[str]:
    folder = place.folder.replace("%", "%%")
    if folder != folder.rstrip() or folder.endswith("\\"):
        folder += "/"  # a blank at the end would be cut off, and a backslash joins the next line
    yield from ("[Unit]", f"Description=mwi-crawl: {each.name}")
    yield from [f"After={' '.join(before)}"] if before else []
    yield from ("", "[Service]", "Type=oneshot", f"WorkingDirectory={folder}")
    yield from (f"ExecStart={_for_exec(place.command(words))}" for words in each.commands)


def _for_exec(command: Sequence[str]) -> str:
    """A command for systemd, that allows no quote or backslash in a program's own path, and takes its `$` as it is."""
    if re.search(r"[\\'\"]", command[0]):
        command = ("/bin/sh", "-c", 'exec "$0" "$@"', *command)
    program, *arguments = map(for_systemd, command)
    return " ".join([program, *(argument.replace("$", "$$") for argument in arguments)])


def _timer(each: Cadence, place: Place) -> Iterator[str]:
    days = "" if each.every_day else f"{','.join(DAYS[day][:3] for day in each.days)} "
    hours = _list(f"{hour:02}" for hour in each.hours)
    yield from ("[Unit]", f"Description=mwi-crawl: when {each.name} is due", "", "[Timer]")
    yield f"OnCalendar={days}*-*-* {hours}:{each.minute:02}:00 {place.zone}"
    yield from ("Persistent=true", "", "[Install]", "WantedBy=timers.target")


def _agent(each: Cadence, place: Place) -> Iterator[str]:
    line = " && ".join(shlex.join(place.command(words)) for words in each.commands)
    log = f"{place.folder.rstrip('/')}/mwi-crawl-schedule.log"
    days: Iterable[dict[str, int]] = [{}] if each.every_day else [{"Weekday": (day + 1) % 7} for day in each.days]
    agent = {
        "Label": f"mwi-crawl.{each.name}",
        "ProgramArguments": ["/bin/sh", "-c", line],
        "WorkingDirectory": place.folder,
        "StartCalendarInterval": [{**day, "Hour": hour, "Minute": each.minute} for day in days for hour in each.hours],
        "StandardOutPath": log,
        "StandardErrorPath": log,
    }
    # without the line whose ! an interactive shell may take for one of its history; launchd does not need it
    yield from (line for line in plistlib.dumps(agent, sort_keys=False).decode().split("\n") if line[:2] != "<!")


def _file(path: str, lines: Iterable[str]) -> Iterator[str]:
    yield from (f"cat > {path} <<'END'", *lines, "END")


def _for_cron(place: Place, each: Cadence) -> str:
    commands = [("cd", place.folder), *(place.command(words) for words in each.commands)]
    return " && ".join(" ".join(map(in_crontab, command)) for command in commands)


def _list(parts: Iterable[object]) -> str:
    return ",".join(map(str, parts))
