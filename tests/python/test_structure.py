"""The Python package: no import cycles, and no heavy imports in light commands."""

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from social_roi.dbt_runner import PROJECT
from social_roi.landing.raw_tables import RAW_TABLES
from social_roi.report.facts import UNPAID

PACKAGE = PROJECT / "python" / "social_roi"
QUESTIONS = (
    "roi",
    "funnel",
    "attribution",
    "audience",
    "segments",
    "forecast",
    "budget",
    "quality",
)
HEAVY = ("pandas", "sklearn", "dbt", "boto3", "awswrangler", "matplotlib", "requests")
EVENT = """\
event_id,user_id,occurred_at,event_type,ad_platform
1,a,2026-01-01 10:00:00,click,Facebook
"""


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


@cache
def imports() -> dict[str, set[str]]:
    """By module of the package: the modules of the package that it imports, wherever it does."""
    modules = {name_of(path): path for path in PACKAGE.rglob("*.py")}

    def imported(path: Path) -> Iterator[str]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    yield whole if whole in modules else str(node.module)

    return {name: set(imported(path)) & set(modules) for name, path in modules.items()}


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert len(imports()) > 30
    # raises CycleError, which names the cycle
    list(graphlib.TopologicalSorter(imports()).static_order())


def test_questions_of_the_report_do_not_import_each_other() -> None:
    modules = {f"social_roi.report.{question}" for question in QUESTIONS}
    assert modules <= set(imports())
    for module in modules:
        assert not imports()[module] & modules, module


def loaded_by(*arguments: str) -> list[str]:
    """The heavy libraries in a process that ran a command."""
    code = f"""
import sys
from social_roi.cli import main
try:
    main({list(arguments)!r})
except SystemExit:
    pass
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout or len(done.stderr.splitlines()) > 1, done.stderr
    return ast.literal_eval(done.stderr.splitlines()[-1])


def test_help_loads_no_heavy_library() -> None:
    assert loaded_by("--help") == []


def test_landing_loads_no_heavy_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
    (tmp_path / "events.csv").write_text(EVENT)
    assert loaded_by("land", str(tmp_path / "events.csv")) == []
    assert (tmp_path / "build" / "landed" / "current").exists()


@pytest.mark.build
def test_the_answers_load_no_heavy_library(
    demo_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(demo_database.parent))
    assert loaded_by("answers") == []


@pytest.mark.build
def test_the_page_is_written_without_scikit_learn(
    demo_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(demo_database.parent))
    assert "sklearn" not in loaded_by("report")


def test_addresses_and_versions_of_platforms_stand_in_one_file() -> None:
    addresses = PACKAGE / "pull" / "interfaces.yml"
    named = re.compile(r"https?://(?!www\.w3\.org|schemas\.openxmlformats\.org)[a-z]|\bv2\d\b")
    others = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".yml")]
    others.remove(addresses)
    assert named.search(addresses.read_text("utf-8"))
    assert len(others) > 50
    assert [path.name for path in others if named.search(path.read_text("utf-8"))] == []


def test_tables_about_all_raw_tables_accept_each_of_them() -> None:
    """Else the first rejected row of one that is missing stops a build."""
    of_all = ("rejected_rows", "stg_landed_files")
    accepted = {
        model["name"]: sorted(column["config"]["meta"]["accepted_values"])
        for path in (PROJECT / "models").rglob("*.yml")
        for model in yaml.safe_load(path.read_text("utf-8")).get("models", [])
        for column in model.get("columns", [])
        if model["name"] in of_all and column["name"] == "raw_table"
    }
    assert accepted == dict.fromkeys(of_all, sorted(RAW_TABLES))


def test_the_page_knows_the_channels_of_unpaid_visits_by_the_names_that_sql_gives_them() -> None:
    macro = (PROJECT / "macros" / "visits.sql").read_text("utf-8")
    [named] = re.findall(r"macro unpaid_channels\(\).*?return\((\{.*?\})\)", macro, re.DOTALL)
    assert tuple(ast.literal_eval(named).values()) == UNPAID
