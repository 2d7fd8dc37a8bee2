"""Hostile names of platforms and campaigns, from the built tables to all that people open."""

import csv
import io
import json
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import openpyxl
import pytest

from report_tables import payload_of
from social_roi.cli import main
from social_roi.console import JOINERS, UNPRINTABLE
from social_roi.report.build import render
from social_roi.report.figures import write_figures
from social_roi.report.types import Tables
from social_roi.warehouse import REPORT_TABLES, read_tables

pytestmark = pytest.mark.build

# A name of the demo, what it becomes, and how people see it.
NAMES = {
    "Facebook": ("\x1b]0;x\x07\u202eFb", r"\x1b]0;x\x07\u202eFb"),
    "Instagram": ("<script>x()</script>", "<script>x()</script>"),
    "LinkedIn": ("=cmd|'/c calc'!A1", "=cmd|'/c calc'!A1"),
    "Snapchat": ("\uff1dHYPERLINK(1)", "\uff1dHYPERLINK(1)"),
    "X": ("\u200b+1\x00\x85\u2028", r"\u200b+1\x00\x85\u2028"),
    "YouTube": ("@SUM]]>&lt;\r\n\t-1", r"@SUM]]>&lt;\r\n\t-1"),
    "Unboxing Stories": ("-2+3\U000e0041", r"-2+3\U000e0041"),
}
FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\t", "\r", "\n")


@pytest.fixture(scope="module")
def build(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copy(demo_database, folder / "demo.duckdb")
    with duckdb.connect(str(folder / "demo.duckdb")) as con:
        columns = con.execute(
            "select table_name, column_name from information_schema.columns"
            " where table_schema = 'marts' and data_type = 'VARCHAR'"
            " and column_name in ('ad_platform', 'campaign_name', 'from_platform', 'to_platform')"
            " and list_contains($1, table_name)",
            [list(REPORT_TABLES)],
        ).fetchall()
        for table, column in columns:
            for name, (hostile, _) in NAMES.items():
                con.execute(
                    f"update marts.{table} set {column} = $1 where {column} = $2", [hostile, name]
                )
    return folder


@pytest.fixture
def tables(build: Path, monkeypatch: pytest.MonkeyPatch) -> Tables:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(build))
    return read_tables("duckdb", "demo", REPORT_TABLES)


def tricks(text: str) -> set[str]:
    """Characters that command a terminal or turn, hide or break what follows."""
    odd = {character for character in text if unicodedata.category(character) in UNPRINTABLE}
    return odd - set(JOINERS) - {"\n"}


def test_the_page_and_its_downloads_show_hostile_names_as_text(tables: Tables) -> None:
    page = render(tables, "", is_demo=True)
    assert tricks(page) == set()
    assert "<script>x" not in page and "&lt;script&gt;x()&lt;/script&gt;" in page
    downloaded = set(csv_cells(payload_of(page)["csv"]))
    signed = [cell for cell in downloaded if cell.startswith(FORMULA_STARTS)]
    assert signed and all(re.fullmatch(r"-[\d.]+(e[-+]?\d+)?", cell) for cell in signed)
    for _, shown in NAMES.values():
        assert {shown, f"'{shown}"} & downloaded, shown
    assert "'=cmd|'/c calc'!A1" in downloaded and "'\uff1dHYPERLINK(1)" in downloaded


def csv_cells(downloads: dict[str, str]) -> Iterator[str]:
    for text in downloads.values():
        for row in csv.reader(io.StringIO(text)):
            yield from row


def test_figures_with_hostile_names_stay_xml_and_show_them(tables: Tables, tmp_path: Path) -> None:
    drawings = [path for path in write_figures(tables, tmp_path) if path.suffix == ".svg"]
    assert len(drawings) >= 6
    for drawing in drawings:
        assert tricks(drawing.read_text("utf-8")) == set()
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(drawing).iter()}
        assert "script" not in tags and "foreignObject" not in tags


def test_the_printed_answers_show_hostile_names_as_text(
    build: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(build))
    assert main(["answers"]) == 0
    printed = capsys.readouterr().out
    assert tricks(printed) == set()
    assert r"\x1b]0;x\x07\u202eFb" in printed


def test_the_workbook_holds_hostile_names_as_text(
    build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(build))
    assert main(["export", str(tmp_path / "answers.xlsx")]) == 0
    with zipfile.ZipFile(tmp_path / "answers.xlsx") as packed:
        for name in packed.namelist():
            text = packed.read(name).decode()
            assert "<f>" not in text and "<f " not in text
            assert tricks(text) <= {"\r"}
    book = openpyxl.load_workbook(tmp_path / "answers.xlsx")
    cells = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    assert {shown for _, shown in NAMES.values()} <= cells


def test_answers_in_other_formats_hold_hostile_names_as_text(
    build: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(build))
    said = {}
    for form in ("json", "markdown", "csv"):
        assert main(["answers", "--format", form]) == 0
        said[form] = capsys.readouterr().out
        assert tricks(said[form]) <= {"\r"}
    assert json.loads(said["json"])["answers"]
    assert not re.search(r"(?<!\\)<script", said["markdown"])
    downloaded = set(csv_cells({"answers": said["csv"]}))
    signed = [cell for cell in downloaded if cell.startswith(FORMULA_STARTS)]
    assert all(re.fullmatch(r"-[\d.]+(e[-+]?\d+)?", cell) for cell in signed)
