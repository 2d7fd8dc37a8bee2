"""Commands speak of what was built last, and say when that did not end well."""

import csv
import dataclasses
import errno
import gc
import io
import json
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pytest
from conftest import query

from social_roi import last_build
from social_roi.cli import main
from social_roi.dbt_runner import run_dbt
from social_roi.errors import UserError
from social_roi.report.formats import Said, as_csv, as_json, as_markdown
from social_roi.report.types import Answer, column
from social_roi.report.workbook import write_workbook
from social_roi.run import last_run

EVENT = "event_id,user_id,occurred_at,event_type,ad_platform\n1,a,2026-01-01 10:00:00,click,X\n"
SPEND = "spend_date,ad_platform,spend\n2026-01-01,X,3\n"
EVIL = "=HYPERLINK(1)"


@pytest.fixture(autouse=True)
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
    return tmp_path / "build"


def done(build: Path, input_name: str, **settings: object) -> None:
    with last_build.recorded(build, "duckdb", input_name, settings, ["a.csv"]):
        pass


def failed(build: Path, input_name: str, *replaced: str) -> None:
    with (
        pytest.raises(UserError),
        last_build.recorded(build, "duckdb", input_name, {}, []) as tables,
    ):
        tables.extend(replaced)
        raise UserError("test x:\n  Got 1 result")


def of(build: Path, input_name: str) -> last_build.LastBuild:
    record = last_build.read(last_build.path_of(build, "duckdb", input_name))
    assert record is not None
    return record


def test_commands_read_what_was_built_last(build: Path) -> None:
    assert last_run(None, None).input == "demo"
    done(build, "demo")
    done(build, "landed", lookback_days=7)
    assert last_run(None, None).input == "landed"
    assert last_run(None, "demo").input == "demo"
    last_build.is_up_to_date(build, "duckdb", "demo")
    assert last_run(None, None).input == "demo"
    assert last_run("athena", None).target == "athena"


def test_without_a_record_the_newest_database_is_read(build: Path) -> None:
    build.mkdir()
    (build / "landed.duckdb").touch()
    assert last_run(None, None).input == "landed"


def test_a_good_build_needs_no_warning(build: Path) -> None:
    done(build, "demo")
    assert last_build.warning(of(build, "demo"), ["rpt_a"]) == ""


@pytest.mark.build
def test_a_table_that_is_refused_stays_as_it_was(demo_database: Path, build: Path) -> None:
    build.mkdir()
    copy = Path(shutil.copy2(demo_database, build / "demo.duckdb"))
    with duckdb.connect(str(copy)) as con:
        con.execute("set schema = 'marts'")
        con.execute("alter table int_conversions_deduplicated add column former boolean")
        # what a former version left under the name of today's table
        con.execute("drop table stg_orders; create view stg_orders as select 1 as former")
    models = ["stg_orders", "int_conversions_deduplicated"]
    none_rejected = {"input": "demo", "max_rejected_share": 0}
    with pytest.raises(UserError, match="max_rejected_share = 0") as refused:
        run_dbt(["run", "-s", *models], "duckdb", none_rejected)
    assert "Compilation Error" not in str(refused.value)
    columns = """
        select table_name, column_name = 'former' from duckdb_columns()
        where table_name in ('stg_orders', 'int_conversions_deduplicated')
    """
    assert set(query(copy, columns)) == {
        ("int_conversions_deduplicated", False),
        ("int_conversions_deduplicated", True),
        ("stg_orders", False),
    }
    assert query(copy, "select count(*) from int_conversions_deduplicated") == query(
        demo_database, "select count(*) from int_conversions_deduplicated"
    )
    # bills are judged in staging alone
    with pytest.raises(UserError, match=r"2 of \d+ rows of ad_spend cannot be used"):
        run_dbt(["run", "-s", "stg_ad_spend"], "duckdb", none_rejected)


def test_after_a_failed_build_it_is_said_of_when_the_tables_are(build: Path) -> None:
    done(build, "demo")
    whole = last_build.at(of(build, "demo").whole_at)
    failed(build, "demo")
    said = last_build.warning(of(build, "demo"), ["rpt_a", "rpt_b"])
    assert "failed: test x: Got 1 result" in said
    assert f"the tables shown are of the build of {whole}" in said
    record = dataclasses.replace(of(build, "demo"), error="so much went wrong " * 40)
    assert len(last_build.warning(record, ["rpt_a"])) < 400
    failed(build, "demo", "rpt_a", "int_x")
    said = last_build.warning(of(build, "demo"), ["rpt_a", "rpt_b"])
    assert f"1 of the 2 tables shown are its own, the others are of the build of {whole}" in said
    failed(build, "demo", "rpt_a", "rpt_b")
    said = last_build.warning(of(build, "demo"), ["rpt_a", "rpt_b"])
    assert "So all tables shown are its own, and may not be tested." in said


def test_a_build_that_was_killed_is_told(build: Path) -> None:
    last_build.write(build, last_build.LastBuild("duckdb", "demo", "running", "2026-01-01T10:00"))
    assert "was killed" in last_build.warning(of(build, "demo"), [])


def test_an_interrupted_build_was_stopped(build: Path) -> None:
    with pytest.raises(KeyboardInterrupt), last_build.recorded(build, "duckdb", "demo", {}, []):
        raise KeyboardInterrupt
    assert of(build, "demo").state == "stopped"


def test_on_a_full_disk_the_reason_is_told(
    build: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write = last_build.write

    def full(build: Path, record: last_build.LastBuild) -> None:
        if record.state != "running":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(build, record)

    monkeypatch.setattr(last_build, "write", full)
    with (
        pytest.raises(UserError, match="why it ended"),
        last_build.recorded(build, "duckdb", "demo", {}, []),
    ):
        raise UserError("why it ended")
    assert "was killed" in last_build.warning(of(build, "demo"), [])

    def land(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("social_roi.pipeline.land", land)
    assert main(["land", "x.csv"]) == 2
    told = "social-roi: No space left on device; free disk space and run again, nothing is lost"
    assert capsys.readouterr().err.strip() == told


def test_a_half_record_is_none(build: Path) -> None:
    done(build, "demo")
    path = last_build.path_of(build, "duckdb", "demo")
    path.write_text(path.read_text()[:20])
    assert last_build.newest_first(build) == []


def test_a_failed_landing_is_recorded(build: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.csv").write_text("colour\nred\n")
    assert main(["build", "--data", str(tmp_path / "wrong.csv")]) == 2
    record = of(build, "landed")
    assert (record.state, record.files) == ("failed", ["wrong.csv"])
    assert "colour" in record.error


def test_a_refused_file_is_one_line_though_dbt_is_imported_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "wrong.csv").write_text("colour\nred\n")
    command = [sys.executable, "-m", "social_roi", "build", "--data", str(tmp_path / "wrong.csv")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "wrong.csv, line 1: found the columns colour" in line


def test_status_and_removal_of_a_landed_file(
    build: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "events.csv").write_text(EVENT)
    (tmp_path / "spend.csv").write_text(SPEND)
    assert main(["status"]) == 0
    assert "nothing" in capsys.readouterr().out
    assert main(["land", str(tmp_path / "events.csv"), str(tmp_path / "spend.csv")]) == 0
    done(build, "landed", lookback_days=7)
    assert main(["land", "--remove", "spnd.csv"]) == 2
    assert "did you mean spend.csv?" in capsys.readouterr().err
    assert main(["land", "--remove", "spend.csv"]) == 0
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert "events.csv: ad_events, 1 rows" in shown
    assert "spend.csv:" not in shown.split("build folder")[-1]
    assert "your data on duckdb" in shown
    assert "lookback_days 7" in shown
    assert main(["land", "--remove", "events.csv"]) == 2
    assert "nothing would be left" in capsys.readouterr().err
    assert main(["land"]) == 2


SAID = Said(
    [
        Answer(
            "roi",
            "Which one?",
            "By last touch \x02percent 0.125\x03 | x",
            True,
            (
                column("Platform", "text", "ad_platform"),
                column("ROI", "percent", "roi"),
                column("Interval", "percent", "roi_low", "roi_high"),
                column("Verdict", "verdict", "verdict"),
            ),
            [
                {"ad_platform": EVIL, "roi": 0.5, "roi_low": 0.1, "roi_high": 0.9}
                | {"verdict": "pays_back"},
                {"ad_platform": "B", "roi": None, "roi_low": None, "roi_high": None}
                | {"verdict": "cannot_tell"},
            ],
        )
    ],
    "Data: x.csv",
    ["+1 row"],
    "The last build failed",
    False,
)


def test_answers_as_json() -> None:
    found = json.loads(as_json(SAID))
    assert found["failure"] == "The last build failed"
    [answer] = found["answers"]
    assert answer["answer"] == "By last touch 12.5% | x"
    assert answer["rows"][1]["roi"] is None
    assert answer["rows"][0]["ad_platform"] == EVIL


def test_answers_as_csv_without_formulas() -> None:
    first, second = csv.DictReader(io.StringIO(as_csv(SAID)))
    assert first["ad_platform"] == f"'{EVIL}"
    assert (first["question"], first["roi"], first["is_simulated"]) == ("roi", "0.5", "true")
    assert second["roi"] == ""


def test_answers_as_markdown() -> None:
    text = as_markdown(SAID)
    assert text.startswith("**The last build failed**")
    assert "12.5% \\| x" in text
    assert "| =HYPERLINK(1) | 50.0% | 10.0% to 90.0% | pays back |" in text


def test_the_workbook_has_numbers_and_days_and_no_formula(tmp_path: Path) -> None:
    tables = {"rpt_a": [{"day": "2026-01-02", "name": "@SUM(1)", "n": 3, "x": None}], "rpt_b": []}
    write_workbook(SAID, tables, tmp_path / "answers.xlsx")
    book = openpyxl.load_workbook(tmp_path / "answers.xlsx")
    assert book.sheetnames == ["answers", "roi", "a"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert all(cell.quotePrefix for cell in cells if isinstance(cell.value, str))
    assert [cell.value for cell in book["roi"][1]][2:4] == ["Interval from", "Interval to"]
    assert [cell.value for cell in book["roi"][2]] == [EVIL, 0.5, 0.1, 0.9, "pays back"]
    day, name, number, nothing = (cell.value for cell in book["a"][2])
    assert (day.date(), name, number, nothing) == (date(2026, 1, 2), "@SUM(1)", 3, None)
    assert book["answers"]["A1"].value == "The last build failed"


def test_a_workbook_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.xlsx").mkdir()
    with pytest.raises(OSError):
        write_workbook(SAID, {}, tmp_path / "a.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]
    # openpyxl's sheets complain when they are collected
    gc.collect()
    assert capfd.readouterr().err == ""


@pytest.mark.build
def test_the_demos_answers_in_every_form(
    demo_database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(demo_database.parent))
    assert main(["answers", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["answers"]) == 7
    assert main(["answers", "--format", "csv", "--question", "roi"]) == 0
    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == 6
    assert main(["answers", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.count("\n## ") == 7
    assert main(["answers", "--question", "roy"]) == 2
    assert main(["export", str(tmp_path / "answers.xlsx")]) == 0
    book = openpyxl.load_workbook(tmp_path / "answers.xlsx", read_only=True)
    assert book.sheetnames[:3] == ["answers", "roi", "funnel"]
    assert "platform_roi" in book.sheetnames


@pytest.mark.build
def test_one_address_leads_to_the_page_written_last(
    demo_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = demo_database.parent / "report"
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(demo_database.parent))
    reports.mkdir(exist_ok=True)
    (reports / "index.html").unlink(missing_ok=True)
    (reports / "index.html").write_text("of an earlier version")
    assert main(["report"]) == 0
    page = (reports / "demo" / "index.html").resolve()
    assert (reports / "index.html").resolve() == page
    assert "<table" in page.read_text("utf-8")


@pytest.mark.build
def test_an_interrupt_says_what_is_kept(build: Path) -> None:
    command = [sys.executable, "-m", "social_roi", "build"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        # the project is read; now the tables are built
        assert process.stderr.readline().startswith("reading the project:")
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert "stopped while building and testing the tables; what was landed" in said
    assert of(build, "demo").state == "stopped"
