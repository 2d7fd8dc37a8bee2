"""What readers get of the last build: answers, page, figures, workbook, its state."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from social_roi import last_build
from social_roi.aws.settings import settings
from social_roi.console import printable, relative_path
from social_roi.dbt_runner import build_dir, docs_page
from social_roi.errors import UserError
from social_roi.inputs import PULLED
from social_roi.progress import step
from social_roi.run import Run

if TYPE_CHECKING:
    from social_roi.report.formats import Said

Tables = Mapping[str, Any]


def answers(run: Run, form: str = "text", question: str | None = None) -> None:
    """The answers of the last build on standard output.

    form: `text`, `json`, `markdown` or `csv`. question: one question's key, else all.
    """
    from social_roi.report.quality import WARNING_TABLES
    from social_roi.report.questions import ANSWER_TABLES
    from social_roi.warehouse import read_tables

    tables = read_tables(run.target, run.input, (*ANSWER_TABLES, *WARNING_TABLES))
    _print_answers(tables, run, form, question)


def export(run: Run, path: Path) -> None:
    """The answers and all tables behind them as one workbook. Raises UserError."""
    from social_roi.report.workbook import write_workbook

    if path.suffix.lower() != ".xlsx":
        raise UserError(f"{path}: the name has to end in .xlsx")
    with step("writing the workbook"):
        tables = _tables(run)
        said = _said(tables, run, None)
        try:
            write_workbook(said, tables, path)
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({error.strerror})") from error
    tell_of_failure(run, sys.stderr)
    print(relative_path(path.resolve()))


def report(run: Run) -> None:
    """The report page of the last build."""
    with step("writing the report"):
        _write_report(_tables(run), run, failure_of(run))
    tell_of_failure(run, sys.stderr)
    print(relative_path(report_dir(run) / "index.html"))


def figures(run: Run) -> None:
    """The figures of the last build as PNG and SVG."""
    with step("drawing the figures"):
        _write_figures(_tables(run), run)
    tell_of_failure(run, sys.stderr)
    print(relative_path(figures_dir(run)))


def write_outputs(run: Run) -> None:
    """The page, the figures and the docs of the tables that are there."""
    tables = _tables(run)
    _write_report(tables, run)
    _write_figures(tables, run)
    _publish_docs(run)


def print_outputs(run: Run) -> None:
    """The locations of a build's output."""
    database = (
        relative_path(build_dir() / f"{run.input}.duckdb")
        if run.target == "duckdb"
        else f"{settings(run.input).schema} in the Glue catalog"
    )
    print(f"\nreport    {relative_path(report_dir(run) / 'index.html')}")
    print(f"figures   {relative_path(figures_dir(run))}")
    print(f"tables    {database}")
    print(f"docs      {relative_path(report_dir(run) / 'docs.html')}")


def report_dir(run: Run) -> Path:
    """The folder of the page and its docs, one for each input."""
    return build_dir() / "report" / run.input


def figures_dir(run: Run) -> Path:
    return build_dir() / "figures" / run.input


def status() -> None:
    """What was pulled, is landed and was built, from which files, when and with which settings."""
    from social_roi.pull.state import pulled_accounts

    manifest = build_dir() / "landed" / "current" / "manifest.json"
    print(f"build folder  {build_dir()}")
    for line in pulled_accounts(build_dir() / PULLED):
        print(f"pulled        {line}")
    landed = json.loads(manifest.read_text("utf-8")) if manifest.exists() else []
    print(
        f"landed        {len(landed)} file{'s' if len(landed) > 1 else ''}"
        if landed
        else "landed        nothing"
    )
    for one in sorted(landed, key=lambda one: one["name"]):
        rejected = f", {one['rejected']:,} rejected" if one["rejected"] else ""
        print(printable(f"    {one['name']}: {one['raw_table']}, {one['rows']:,} rows{rejected}"))
    builds = last_build.newest_first(build_dir())
    if not builds:
        print("built         nothing")
    for number, record in enumerate(builds):
        print(f"{'' if number else 'built':14}{last_build.described(record)}")
        if record.input == "landed" and record.target == "duckdb" and landed:
            built = datetime.fromisoformat(record.ended or record.started).timestamp()
            if manifest.stat().st_mtime > built:
                print("    what is landed has changed since: build again")


def failure_of(run: Run) -> str:
    """What a reader has to know when the last build did not end well; else ''."""
    from social_roi.warehouse import REPORT_TABLES

    record = last_build.read(last_build.path_of(build_dir(), run.target, run.input))
    return last_build.warning(record, REPORT_TABLES) if record else ""


def tell_of_failure(run: Run, out: TextIO) -> None:
    if said := failure_of(run):
        print(f"social-roi: {said}", file=out)


def _tables(run: Run) -> Tables:
    """The small tables that answers, page and figures read."""
    from social_roi.warehouse import REPORT_TABLES, read_tables

    return read_tables(run.target, run.input, REPORT_TABLES)


def _print_answers(tables: Tables, run: Run, form: str, question: str | None) -> None:
    from social_roi.report.formats import FORMATS
    from social_roi.report.terminal import print_answers, print_warnings

    said = _said(tables, run, question)
    if form != "text":
        sys.stdout.write(FORMATS[form](said))
        # not lost where the output is read by a program
        tell_of_failure(run, sys.stderr)
        return
    tell_of_failure(run, sys.stdout)
    print_answers(said.answers, sys.stdout, said.scope)
    print_warnings(said.warnings, sys.stdout)


def _said(tables: Tables, run: Run, question: str | None) -> "Said":
    """All that the answers say. Raises UserError for a question that there is not."""
    from social_roi.report.facts import scope
    from social_roi.report.formats import Said
    from social_roi.report.quality import money_warnings
    from social_roi.report.questions import all_answers

    found = all_answers(tables)
    chosen = [answer for answer in found if question in (None, answer.key)]
    if not chosen:
        keys = ", ".join(answer.key for answer in found)
        raise UserError(f"--question {question}: choose one of {keys}")
    is_demo = run.input == "demo"
    return Said(
        chosen, scope(tables, is_demo=is_demo), money_warnings(tables), failure_of(run), is_demo
    )


def _write_report(tables: Tables, run: Run, failure: str = "") -> None:
    from social_roi.report.build import build_report

    page = report_dir(run) / "index.html"
    build_report(
        tables,
        page,
        is_demo=run.input == "demo",
        title=os.environ.get("SOCIAL_ROI_TITLE", ""),
        made_on=date.today().isoformat(),
        failure=failure,
    )
    _link_last(page)


def _write_figures(tables: Tables, run: Run) -> None:
    from social_roi.report.figures import write_figures

    write_figures(tables, figures_dir(run), is_demo=run.input == "demo")


def _publish_docs(run: Run) -> None:
    """Beside the report, whose links lead there: the folder can be sent or uploaded as it is."""
    page = report_dir(run) / "docs.html"
    shutil.copyfile(docs_page(build_dir(), run.target, run.input), page)
    _link_last(page)


def _link_last(written: Path) -> None:
    """`report/index.html` and `report/docs.html` lead to those written last: one address."""
    link = written.parent.parent / written.name
    new = link.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.symlink_to(written.relative_to(link.parent))
    new.replace(link)
