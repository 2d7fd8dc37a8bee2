"""However an export is written, the figures that land are the same, or one line says why not."""

import csv
import io
import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from test_exports import EXPORTS, figures

from social_roi.landing import land_files
from social_roi.landing.layouts import layouts

# Per file: the lines above its header.
FILES = {"meta_ads_en.csv": 0, "google_en.csv": 2, "linkedin_en.csv": 4, "reddit.csv": 0}
OPTIONAL = {"Campaign ID", "Ad ID", "Reach", "Avg. cost", "CPC", "Attribution setting", "Leads"}
SLOW = settings(max_examples=12, deadline=None)
Table = list[list[str]]


def rows_of(file: str) -> tuple[list[str], Table]:
    """The lines above the header, and header and records."""
    lines = (EXPORTS / file).read_text("utf-8-sig").splitlines(keepends=True)
    titles, table = lines[: FILES[file]], lines[FILES[file] :]
    return titles, list(csv.reader(table))


def written(table: Table, delimiter: str = ",", line_end: str = "\n") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows(table)
    return text.getvalue()


def landed(name: str, content: bytes | Callable[[Path], None]) -> dict[str, Any]:
    """The figures of one file, landed twice: the second time changes nothing."""
    with TemporaryDirectory() as folder:
        path, landed_dir = Path(folder) / name, Path(folder) / "landed"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content(path)
        land_files([path], landed_dir, report=lambda line: None)
        assert not land_files([path], landed_dir, report=lambda line: None).changed
        found = figures(landed_dir)
        return {key: value for key, value in found.items() if key not in ("totals", "later_sync")}


ORIGINAL = {file: landed(file, (EXPORTS / file).read_bytes()) for file in FILES}


@SLOW
@given(
    st.sampled_from([*FILES]),
    st.randoms(use_true_random=False),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
    st.sets(st.sampled_from(sorted(OPTIONAL))),
)
def test_order_of_columns_delimiter_line_end_and_encoding_do_not_matter(
    file: str, random: random.Random, delimiter: str, line_end: str, encoding: str, left: set[str]
) -> None:
    titles, table = rows_of(file)
    order = [number for number, name in enumerate(table[0]) if name not in left]
    random.shuffle(order)
    shuffled = [[row[number] for number in order] for row in table]
    # titles hold commas and are no records of the table
    above = "".join(line.rstrip("\n") + line_end for line in titles)
    text = above + written(shuffled, delimiter, line_end)
    found = landed(file, text.encode(encoding))
    wanted = dict(ORIGINAL[file])
    if "Ad ID" in left or "Leads" in left:
        found, wanted = ({k: v for k, v in one.items() if k != "leads"} for one in (found, wanted))
    assert found == wanted


@pytest.mark.parametrize("file", ["meta_ads_en.csv", "google_en.csv", "linkedin_en.csv"])
@pytest.mark.parametrize("group", [".", "'", "\u2019", " ", "\u202f", ""])
def test_a_decimal_comma_and_any_grouping_give_the_same_figures(file: str, group: str) -> None:
    titles, table = rows_of(file)

    def number(cell: str) -> str:
        plain = cell.replace(",", "").replace(".", "", 1)
        if not plain.isdigit() or len(plain) > 12:
            return cell
        return cell.replace(",", group).replace(".", ",") if group != "." else (
            cell.replace(",", "\0").replace(".", ",").replace("\0", ".")
        )  # fmt: skip

    turned = [table[0], *([number(cell) for cell in row] for row in table[1:])]
    found = landed(file, ("".join(titles) + written(turned, ";")).encode())
    assert found == ORIGINAL[file]


@pytest.mark.parametrize("file", FILES)
def test_a_workbook_and_parquet_give_what_the_csv_gives(file: str) -> None:
    titles, table = rows_of(file)

    def cell(text: str) -> Any:
        return float(text) if text.replace(".", "", 1).isdigit() and len(text) < 12 else text

    def workbook(path: Path) -> None:
        book = Workbook()
        for line in titles:
            book.active.append([line.strip().strip('"')])
        for row in table:
            book.active.append([cell(text) if text else None for text in row])
        book.save(path)

    def parquet(path: Path) -> None:
        path.with_suffix(".csv").write_text(written(table), "utf-8")
        duckdb.sql(
            f"copy (from read_csv('{path.with_suffix('.csv')}', all_varchar = true, header = true))"
            f" to '{path}' (format parquet)"
        )

    assert landed("x.xlsx", workbook) == ORIGINAL[file]
    # what stands above a table is not in Parquet
    if not titles or file == "google_en.csv":
        assert landed("x.parquet", parquet) == ORIGINAL[file]


@pytest.mark.parametrize("file", FILES)
def test_parts_of_a_file_add_up_to_the_whole(file: str, tmp_path: Path) -> None:
    titles, (header, *records) = rows_of(file)
    for number, record in enumerate(records):
        text = "".join(titles) + written([header, record])
        (tmp_path / f"{number}.csv").write_text(text, "utf-8")
    land_files([tmp_path], tmp_path / "landed", report=lambda line: None)
    found = figures(tmp_path / "landed")
    sums = ("rows", "spend", "impressions", "clicks", "conversions", "revenue", "first", "last")
    assert [found.get(name) for name in sums] == [ORIGINAL[file].get(name) for name in sums]


def test_every_header_word_of_every_layout_leads_to_its_layout() -> None:
    """A file with all columns of a language, and one with the required ones, are recognised."""
    from social_roi.landing.layouts import recognise

    for layout in layouts():
        for language, roles in layout.languages.items():
            header = [names[0] for names in roles.values()]
            match = recognise("x", header, layouts())
            assert match and (match.layout.name, match.language) == (layout.name, language)
            assert {*match.roles} == {*roles}
