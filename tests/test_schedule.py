"""Schedules: staggered times, and paths that come out of every scheduler's quoting as they went in."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from mwi_crawl.errors import InputError
from mwi_crawl.redact import printable
from mwi_crawl.schedule import FORMS, Place, Times, cadences, text
from mwi_crawl.schedule.cadences import APART, clashes

FEEDS = ("youtube_api", "youtube")
NIGHT = cadences(Times(), FEEDS)
PLACE = Place("/home/ann/films", ("/home/ann/.local/bin/mwi-crawl",), "Europe/Paris")
WEEK = 7 * 24 * 60
HARD = " '\"%&$\\`!;~#*?<>|()[]{}=-@^éß漢‘’‚‛\N{COMBINING ACUTE ACCENT}\N{NO-BREAK SPACE}"
SHOW = '#!/bin/sh\npwd\nprintf "%s\\n" "$@"\n'

names = st.text(st.sampled_from(HARD) | st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def starts() -> list[int]:
    """The minutes of a week at which something begins."""
    return sorted(24 * 60 * day + 60 * hour + each.minute for each in NIGHT for day in each.days for hour in each.hours)


def possible(name: str) -> bool:
    """Whether a schedule may hold a folder of this name, and this file system too."""
    return (
        name not in (".", "..")
        and "/" not in name
        and len(name.encode()) < 200
        and name == printable(name)
        and not re.search("[\ufffe\uffff]", name)
    )


def written(printed: str) -> dict[str, str]:
    """The files that a printed shell text would write, by name."""
    found = re.findall(r"^cat > \S*/(\S+) <<'END'\n(.*?)\nEND$", printed, re.DOTALL | re.MULTILINE)
    return dict(found)


def there(tmp_path: Path, name: str) -> Place:
    """A folder of that name with a program of that name in it, which tells where it runs and what it is given."""
    folder = tmp_path / name
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(SHOW)
    program.chmod(0o755)
    return Place(str(folder), (str(program),), options=("--db", f"{folder}/{name}.db"))


def told(place: Place) -> list[str]:
    """What that program tells of the two commands of the weekly run."""
    return [line for words in ("full --resume --ok 6 -q", "aggregate -q") for line in told_of(place, words)]


def told_of(place: Place, words: str) -> list[str]:
    return [place.folder, *words.split(), *place.options]


def test_a_night_has_its_order() -> None:
    assert [(each.name, each.clock) for each in NIGHT] == [
        ("quick", ("00:20", "06:20", "12:20", "18:20")),
        ("channels", ("01:10",)),
        ("enrichment", ("01:40",)),
        ("weekly", ("02:00",)),
        ("daily", ("03:00",)),
    ]


def test_no_two_begin_within_minutes_of_each_other() -> None:
    assert all(later - earlier >= APART for earlier, later in pairwise([*starts(), starts()[0] + WEEK]))
    assert list(clashes(NIGHT)) == []


def test_the_weekly_run_takes_the_place_of_that_days_daily_run() -> None:
    days = {each.name: each.days for each in NIGHT}
    assert days["weekly"] == (6,)
    assert days["daily"] == (0, 1, 2, 3, 4, 5)
    without = {each.name: each.days for each in cadences(Times(weekly=""))}
    assert "weekly" not in without
    assert len(without["daily"]) == 7


@pytest.mark.parametrize("name", ["quick", "channels", "enrichment", "weekly", "daily"])
def test_what_has_no_time_is_left_out(name: str) -> None:
    assert name not in {each.name for each in cadences(Times(**{name: ""}), FEEDS)}  # type: ignore[arg-type]


def test_trailers_are_read_where_a_source_of_them_takes_part() -> None:
    assert NIGHT[1].commands == ("incremental --source youtube_api --source youtube --resume --ok 6 -q",)
    assert "No run for trailers" not in text("cron", NIGHT, PLACE)
    found = cadences(Times())
    assert "channels" not in {each.name for each in found}
    assert "No run for trailers" in text("cron", found, PLACE)


def test_times_that_clash_are_told() -> None:
    found = cadences(Times(daily="06:15"))
    assert list(clashes(found)) == ["quick and daily begin within 10 minutes of each other"]
    for platform in FORMS:
        assert "# WARNING: quick and daily begin within 10 minutes" in text(platform, found, PLACE)
    assert list(clashes(cadences(Times(quick="23:55", daily="00:03"))))  # across midnight too
    assert list(clashes(cadences(Times(weekly="sunday 03:00")))) == []  # not on the same day


@pytest.mark.parametrize("every", [1, 5, 6, 8, 24])
def test_quick_runs_come_every_so_many_hours_from_their_first_time_on(every: int) -> None:
    for first in ("00:20", "01:20", "23:20"):
        (quick, *_) = cadences(Times(quick=first, quick_every_hours=every))
        assert len(quick.hours) == len(range(0, 24, every))
        assert int(first[:2]) in quick.hours
        line = next(line for line in text("cron", [quick], PLACE).splitlines() if "--profile quick" in line)
        assert hours_of(line) == set(quick.hours)


def hours_of(line: str) -> set[int]:
    """The hours of a line of a crontab."""
    hours = line.split()[1]
    return set(range(0, 24, int(hours[2:]))) if hours.startswith("*/") else set(map(int, hours.split(",")))


# --- cron


def crontab(place: Place) -> list[list[str]]:
    """The lines of a crontab that run something: five fields and a command."""
    lines = text("cron", NIGHT, place).splitlines()
    return [line.split(maxsplit=5) for line in lines if re.match("[0-9*]", line)]


def test_a_crontab_has_five_fields_in_their_ranges_and_a_zone_above_them() -> None:
    lines = text("cron", NIGHT, PLACE).splitlines()
    zone = lines.index("CRON_TZ=Europe/Paris")
    assert all(line.startswith("#") for line in lines[:zone])
    assert all(re.match(r"#|\d", line) for line in lines[zone + 1 :])
    found = crontab(PLACE)
    assert [fields[:5] for fields in found] == [
        ["20", "*/6", "*", "*", "*"],
        ["10", "1", "*", "*", "*"],
        ["40", "1", "*", "*", "*"],
        ["0", "2", "*", "*", "0"],
        ["0", "3", "*", "*", "1,2,3,4,5,6"],
    ]
    at = "cd /home/ann/films && /home/ann/.local/bin/mwi-crawl"
    assert found[0][5] == f"{at} incremental --profile quick --resume --ok 6 -q"
    assert found[4][5] == (
        f"{at} incremental --profile daily --resume --ok 6 -q && /home/ann/.local/bin/mwi-crawl aggregate -q"
    )


def test_a_crontab_says_what_a_mail_means_and_who_knows_the_zone() -> None:
    said = text("cron", NIGHT, PLACE)
    for words in ("mail from cron means trouble", "cronie", "Debian", "exit code 8", "twice or not at all"):
        assert words in said
    assert "CHANGE THEM THERE" not in said
    assert "CHANGE THEM THERE" in text("cron", NIGHT, Place("/x", ("/y",), "Europe/Paris", local=False))


def vixie(command: str) -> str:
    r"""A command as Vixie's cron and its children make it: \% and \\ lose a backslash, % ends it."""
    return re.sub(r"\\([%\\])|(%).*", lambda m: m[1] or "", command)


def cronie(command: str) -> str:
    r"""As cronie makes it: only \% loses its backslash."""
    return re.sub(r"\\%|(%).*|\\.", lambda m: "%" if m[0] == "\\%" else "" if m[1] else m[0], command)


def busybox(command: str) -> str:
    """As busybox makes it: nothing is special."""
    return command


@slow
@given(name=names)
@example(name="100% of\\my films & 'yours'")
@example(name="\\%\\\\%%\\'")
@example(name="$(touch x) `id`")
def test_every_folder_comes_through_every_cron_and_the_shell(tmp_path: Path, name: str) -> None:
    assume(possible(name))
    place = there(tmp_path, name)
    weekly = crontab(place)[3][5]
    for cron in (vixie, cronie, busybox):
        done = subprocess.run(["sh", "-c", cron(weekly)], capture_output=True, cwd="/", check=True)
        assert done.stdout.decode().splitlines() == told(place), cron.__name__


# --- systemd


def arguments(line: str) -> Iterator[str]:
    """The words of `ExecStart=` as systemd reads them: quotes, backslashes and %%; in all but the first, $$."""
    pattern = r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+'
    for number, word in enumerate(re.findall(pattern, line)):
        assert word.startswith('"') is word.endswith('"')
        bare = re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word
        assert not re.search("%(?!%)", bare.replace("%%", ""))
        bare = bare.replace("%%", "%")
        assert not number or "$" not in bare.replace("$$", "")
        yield bare.replace("$$", "$") if number else bare


def test_each_unit_has_a_timer_in_the_zone() -> None:
    files = written(text("systemd", NIGHT, PLACE))
    assert set(files) == {f"mwi-crawl-{each.name}.{kind}" for each in NIGHT for kind in ("service", "timer")}
    assert "OnCalendar=*-*-* 00,06,12,18:20:00 Europe/Paris" in files["mwi-crawl-quick.timer"]
    assert "OnCalendar=Sun *-*-* 02:00:00 Europe/Paris" in files["mwi-crawl-weekly.timer"]
    assert "OnCalendar=Mon,Tue,Wed,Thu,Fri,Sat *-*-* 03:00:00 Europe/Paris" in files["mwi-crawl-daily.timer"]
    for each in NIGHT:
        assert "Persistent=true" in files[f"mwi-crawl-{each.name}.timer"]
        assert "Type=oneshot" in files[f"mwi-crawl-{each.name}.service"]


def test_units_wait_for_each_other_and_never_in_a_circle() -> None:
    files = written(text("systemd", NIGHT, PLACE))
    waits = {
        name: set(re.findall(r"mwi-crawl-\w+\.service", content))
        for name, content in files.items()
        if name.endswith(".service")
    }
    assert sorted(map(len, waits.values())) == [0, 1, 2, 3, 4]  # of each two, one waits for the other
    assert all(not (one in waits[other] and other in waits[one]) for one in waits for other in waits)


@slow
@given(name=names)
@example(name='a "b" %h $HOME \\n \\')
@example(name="trailing ")
def test_every_folder_comes_through_systemd(name: str) -> None:
    assume(possible(name))
    place = Place(f"/home/{name}", (f"/opt/{name}/mwi-crawl",), options=("--db", f"/data/{name}"))
    lines = written(text("systemd", NIGHT, place))["mwi-crawl-weekly.service"].split("\n")
    folder = next(line for line in lines if line.startswith("WorkingDirectory=")).removeprefix("WorkingDirectory=")
    assert folder == folder.strip(" \t")
    assert not folder.endswith("\\")
    assert folder.removesuffix("/").replace("%%", "%") == place.folder
    found = [list(arguments(line.removeprefix("ExecStart="))) for line in lines if line.startswith("ExecStart=")]
    by_shell = ["/bin/sh", "-c", 'exec "$0" "$@"'] if set(name) & set("\\'\"") else []
    assert found == [[*by_shell, *place.command(words)] for words in NIGHT[3].commands]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize(
    "name", ["films", "a \"b\" 'c'", "%h 100%", "$HOME", "é漢", "back\\slash\\", "end ", "x;y & z"]
)
def test_systemd_itself_reads_the_units(tmp_path: Path, name: str) -> None:
    place = there(tmp_path, name)
    units = tmp_path / "units"
    units.mkdir()
    for file, content in written(text("systemd", NIGHT, place)).items():
        (units / file).write_text(content + "\n")
    environ = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "SYSTEMD_UNIT_PATH": f"{units}:"}
    for file in sorted(units.iterdir()):  # one that is not executable, or a time that is none, would be refused
        ask = ["systemd-analyze", "verify", "--user", str(file)]
        done = subprocess.run(ask, capture_output=True, text=True, env=environ, timeout=30)
        if "Failed to" in done.stderr and "initialize" in done.stderr:
            pytest.skip(f"systemd-analyze does not work here: {done.stderr}")
        assert (done.returncode, done.stderr) == (0, "")
    ask = ["systemd-analyze", "verify", "--user", str(units / "mwi-crawl-weekly.service")]
    done = subprocess.run(
        ask, capture_output=True, text=True, env={**environ, "SYSTEMD_LOG_LEVEL": "debug"}, timeout=30
    )
    assert f"\tWorkingDirectory: {place.folder}\n" in done.stdout


# --- launchd


def test_agents_run_at_the_days_and_hours() -> None:
    agents = {name: plistlib.loads(each.encode()) for name, each in written(text("launchd", NIGHT, PLACE)).items()}
    assert set(agents) == {f"mwi-crawl.{each.name}.plist" for each in NIGHT}
    assert agents["mwi-crawl.quick.plist"]["StartCalendarInterval"] == [
        {"Hour": hour, "Minute": 20} for hour in (0, 6, 12, 18)
    ]
    assert agents["mwi-crawl.weekly.plist"]["StartCalendarInterval"] == [{"Weekday": 0, "Hour": 2, "Minute": 0}]
    days = [each["Weekday"] for each in agents["mwi-crawl.daily.plist"]["StartCalendarInterval"]]
    assert days == [1, 2, 3, 4, 5, 6]


@slow
@given(name=names)
@example(name="<&amp;>]]> \"'")
def test_every_folder_comes_through_launchd_and_the_shell(tmp_path: Path, name: str) -> None:
    assume(possible(name))
    place = there(tmp_path, name)
    agent = plistlib.loads(written(text("launchd", NIGHT, place))["mwi-crawl.weekly.plist"].encode())
    folder = agent["WorkingDirectory"]
    assert folder == place.folder
    done = subprocess.run(agent["ProgramArguments"], capture_output=True, cwd=folder, check=True)
    assert done.stdout.decode().splitlines() == told(place)


@pytest.mark.parametrize("platform", ["systemd", "launchd"])
def test_a_shell_that_gets_the_text_writes_the_files_and_starts_them(tmp_path: Path, platform: str) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("systemctl", "launchctl"):
        (tools / tool).write_text(f'#!/bin/sh\necho "{tool} $@"\n')
        (tools / tool).chmod(0o755)
    printed = text(platform, NIGHT, Place("/a 'b' $(id) `id` \\ %", ("/c d/mwi-crawl",)))
    environ = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(["sh"], input=printed, capture_output=True, text=True, env=environ, check=True)
    assert done.stderr == ""
    made = {path.name: path.read_text().removesuffix("\n") for path in tmp_path.rglob("*mwi-crawl*") if path.is_file()}
    assert made == written(printed)
    lines = done.stdout.splitlines()
    if platform == "systemd":
        timers = " ".join(f"mwi-crawl-{each.name}.timer" for each in NIGHT)
        assert lines == ["systemctl --user daemon-reload", f"systemctl --user enable --now {timers}"]
    else:
        assert sum(line.startswith("launchctl bootstrap gui/") for line in lines) == len(NIGHT)


@pytest.mark.parametrize("platform", ["launchd", "windows"])
def test_a_system_without_zones_says_so_and_warns_where_the_machine_has_another(platform: str) -> None:
    said = text(platform, NIGHT, PLACE)
    assert "knows no time zones" in said
    assert "WARNING" not in said
    said = text(platform, NIGHT, Place("/x", ("/y",), "Europe/Paris", local=False))
    assert "WARNING: [schedule] time_zone is Europe/Paris, and this machine's clock keeps another time" in said


# --- Windows

QUOTES = "'‘’‚‛"


def literal(code: str) -> str:
    """A PowerShell literal string's value; there must be nothing behind it."""
    value, at = "", 1
    assert code[0] == "'"
    while code[at] not in QUOTES or code[at + 1 : at + 2] in set(QUOTES):
        at += 1 if code[at] in QUOTES else 0
        value, at = value + code[at], at + 1
    assert at == len(code) - 1
    return value


def argv(line: str) -> list[str]:
    """The words of a command line as a program on Windows gets them."""
    found, word, quoted, at = [], "", False, 0
    while at < len(line):
        slashes = len(line[at:]) - len(line[at:].lstrip("\\"))
        after = line[at + slashes : at + slashes + 1]
        if after == '"':
            word += "\\" * (slashes // 2) + ('"' if slashes % 2 else "")
            quoted, at = quoted ^ (slashes % 2 == 0), at + slashes + 1
        elif slashes:
            word, at = word + "\\" * slashes, at + slashes
        elif line[at] in " \t" and not quoted:
            found, word, at = [*found, word], "", at + 1
        else:
            word, at = word + line[at], at + 1
    assert not quoted
    return [*found, word]


@slow
@given(name=names)
@example(name="100% & 'mine' ‘yours’")
@example(name='two backslashes \\\\" and at the end one\\')
def test_every_folder_comes_through_powershell_and_the_command_line(name: str) -> None:
    path = f"C:\\{name}"
    assume(possible(name) and not re.search(r"%[^%]+%|\$\(", path))
    place = Place(path, (f"{path}\\mwi-crawl.exe",), options=("--db", path))
    lines = text("windows", NIGHT, place).split("\n")
    assert literal(next(line for line in lines if line.startswith("$folder")).removeprefix("$folder = ")) == path
    actions = [line for line in lines if "New-ScheduledTaskAction" in line]
    for line, words in zip(actions, [words for each in NIGHT for words in each.commands], strict=True):
        match = re.fullmatch(r"    \S+ -Execute ('.*') -Argument ('.*') -WorkingDirectory \$folder", line)
        assert match is not None
        assert literal(match[1]) == place.program[0]
        assert argv(literal(match[2])) == [*words.split(), *place.options]


def test_tasks_run_at_the_days_and_hours() -> None:
    said = text("windows", NIGHT, PLACE)
    triggers = re.findall(
        r"^\$triggers = @\((.*)\) \| ForEach-Object \{ New-ScheduledTaskTrigger (.*) -At \$_ \}$", said, re.M
    )
    assert triggers == [
        ("'00:20', '06:20', '12:20', '18:20'", "-Daily"),
        ("'01:10'", "-Daily"),
        ("'01:40'", "-Daily"),
        ("'02:00'", "-Weekly -DaysOfWeek Sunday"),
        ("'03:00'", "-Weekly -DaysOfWeek Monday,Tuesday,Wednesday,Thursday,Friday,Saturday"),
    ]
    assert re.findall("-TaskName '(.*?)'", said) == [each.name for each in NIGHT]


# --- what cannot be said


@pytest.mark.parametrize("platform", FORMS)
@pytest.mark.parametrize("name", ["line\nbreak", "tab\t", "\x1b[31m", "turned\u202e", "lone\udce9"])
def test_a_path_that_no_schedule_can_hold_is_refused(platform: str, name: str) -> None:
    for place in (Place(f"/{name}", ("/x",)), Place("/x", (f"/{name}",)), Place("/x", ("/x",), options=(name,))):
        with pytest.raises(InputError, match=f"no schedule for {platform} can hold this path") as caught:
            text(platform, NIGHT, place)
        assert caught.value.safe
        assert caught.value.todo
        assert str(caught.value) == "\n".join(map(printable, str(caught.value).split("\n")))


@pytest.mark.parametrize("path", ["C:\\%TEMP%\\films", "C:\\$(Arg0)"])
def test_windows_would_replace_a_variable_in_a_path_so_that_is_refused(path: str) -> None:
    with pytest.raises(InputError):
        text("windows", NIGHT, Place(path, ("x",)))
    assert "100%" in text("windows", NIGHT, Place("C:\\100% films", ("x",)))


@pytest.mark.parametrize("platform", FORMS)
def test_what_only_this_shell_knows_is_told(platform: str) -> None:
    assert "only, and unknown" not in text(platform, NIGHT, PLACE)
    said = text(platform, NIGHT, Place("/x", ("/y",), unseen=("MWI_DB", "TMDB_API_KEY")))
    assert "# WARNING: set in this shell only, and unknown to a schedule: MWI_DB, TMDB_API_KEY." in said
