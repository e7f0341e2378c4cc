"""Zip archives that are hostile or damaged: refused by the name of the member, and never extracted."""

import io
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from mwi_crawl.errors import InputError
from mwi_crawl.importer import ImportOptions, InputFile
from mwi_crawl.importers import _archive
from mwi_crawl.importers.letterboxd import LetterboxdImporter

HEADER = b"Date,Name,Year,Letterboxd URI\n"
ROW = b"2024-01-03,Perfect Days,2023,https://boxd.it/zRm2\n"


def archive_of(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w", method) as archive:
        warnings.simplefilter("ignore")  # it warns of the duplicate we want
        for name, data in members:
            archive.writestr(name, data, compress_type=method)
    return content.getvalue()


def read_all(content: bytes) -> int:
    found = LetterboxdImporter().read(InputFile.of("export.zip", content), ImportOptions())
    return sum(len(list(reading.rows())) for reading in found)


def test_an_honest_archive_is_read() -> None:
    assert read_all(archive_of(("watched.csv", HEADER + ROW))) == 1


@pytest.mark.parametrize(
    "name", ["../../watched.csv", "/etc/watched.csv", "a/../../watched.csv", "C:/watched.csv", "..\\watched.csv"]
)
def test_a_member_that_points_outside_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="points outside") as raised:
        read_all(archive_of(("watched.csv", HEADER), (name, HEADER)))
    assert name in raised.value.happened
    assert list(tmp_path.iterdir()) == []


def test_a_symbolic_link_is_refused() -> None:
    link = zipfile.ZipInfo("watched.csv")
    link.external_attr = 0o120777 << 16
    with pytest.raises(InputError, match=r"points outside of the archive: \"watched.csv\""):
        read_all(archive_of((link, b"/etc/passwd")))


def test_a_member_that_hides_its_name_behind_a_nul_is_refused() -> None:
    content = archive_of(("watched.csv_x", HEADER + ROW)).replace(b"watched.csv_x", b"watched.csv\0x")
    with pytest.raises(InputError, match="points outside"):
        read_all(content)


def test_a_bomb_is_refused_long_before_it_is_unpacked() -> None:
    content = archive_of(("watched.csv", HEADER + b"\n" * 50_000_000))
    with pytest.raises(InputError, match=r"export.zip: watched.csv unpacks to more than 100 times its size"):
        read_all(content)


def test_all_members_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_archive, "MAX_BYTES", 2_000_000)
    rows = HEADER + ROW * 20_000  # a good megabyte
    assert read_all(archive_of(("watched.csv", rows), method=zipfile.ZIP_STORED)) == 20_000
    with pytest.raises(InputError, match="unpacks beyond 2 MB"):
        read_all(archive_of(("watched.csv", rows), ("watchlist.csv", rows), method=zipfile.ZIP_STORED))


def test_reading_a_member_twice_counts_its_bytes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_archive, "MAX_BYTES", 2_000_000)
    content = archive_of(("watched.csv", HEADER + ROW * 20_000), method=zipfile.ZIP_STORED)
    (reading,) = LetterboxdImporter().read(InputFile.of("export.zip", content), ImportOptions())
    assert sum(1 for _ in reading.rows()) == sum(1 for _ in reading.rows())


def test_two_members_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match=r'two members called "watched\.csv"'):
        read_all(archive_of(("watched.csv", HEADER), ("watched.csv", HEADER + ROW)))


def test_an_encrypted_member_is_refused() -> None:
    content = bytearray(archive_of(("watched.csv", HEADER)))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + place] |= 1
    with pytest.raises(InputError, match=r"watched\.csv is encrypted"):
        read_all(bytes(content))


def test_an_unusual_way_of_packing_is_refused() -> None:
    with pytest.raises(InputError, match=r"watched\.csv is packed in an unusual way"):
        read_all(archive_of(("watched.csv", HEADER), method=zipfile.ZIP_LZMA))


def test_members_that_share_their_bytes_are_refused() -> None:
    # the second entry of the central directory is made to point at the first member's bytes
    content = bytearray(archive_of(("watched.csv", HEADER), ("diary01.csv", HEADER)))
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 42 : entry + 46] = struct.pack("<I", 0)
    with pytest.raises(InputError, match="lies over"):
        read_all(bytes(content))


def test_a_member_that_runs_into_the_list_of_members_is_refused() -> None:
    content = bytearray(archive_of(("watched.csv", HEADER), method=zipfile.ZIP_STORED))
    entry = content.index(b"PK\x01\x02")
    content[entry + 20 : entry + 24] = struct.pack("<I", len(HEADER) + 60)
    with pytest.raises(InputError, match=r'"watched.csv" is cut off, or lies over'):
        read_all(bytes(content))


def test_more_than_two_hundred_lists_are_refused() -> None:
    lists = [(f"lists/{number}.csv", HEADER) for number in range(201)]
    with pytest.raises(InputError, match="201 files to read"):
        read_all(archive_of(*lists))


def test_a_member_that_lies_about_its_size_is_damaged() -> None:
    content = bytearray(archive_of(("watched.csv", HEADER + ROW * 1000)))
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = struct.pack("<I", 100)
    with pytest.raises(InputError, match=r"export.zip: watched.csv is damaged: Bad CRC-32"):
        read_all(bytes(content))


def test_half_an_archive_is_damaged() -> None:
    content = archive_of(("watched.csv", HEADER + ROW))
    with pytest.raises(InputError, match=r"export.zip is a damaged zip archive"):
        read_all(content[: len(content) // 2])
