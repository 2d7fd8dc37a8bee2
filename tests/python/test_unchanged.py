"""Whether a build has anything new: what it compares, both ways, and what it does then."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from social_roi import unchanged
from social_roi.dbt_runner import PROJECT
from social_roi.inputs import find_inputs

EVENTS = """\
event_id,user_id,occurred_at,event_type,ad_platform,conversion_id,revenue
1,a,2026-01-01 10:00:00,impression,Facebook,,
2,a,2026-01-01 10:05:00,click,Facebook,,
3,a,2026-01-02 09:00:00,conversion,,c1,12.50
4,b,2026-01-02 09:30:00,click,TikTok,,
"""
# A file in each place of the project that a build reads.
READ = (
    "models/marts/roi/rpt_platform_roi.sql",
    "models/marts/roi/rpt_platform_roi.yml",
    "models/solvers/duckdb/segment_centroids.py",
    "macros/roi.sql",
    "macros/tests/promises.sql",
    "seeds/lookups/exchange_rates.csv",
    "seeds/demo/demo_ad_events.csv",
    "data-tests/assert_roi_is_roas_less_one.sql",
    "python/social_roi/pipeline.py",
    "python/social_roi/report/templates/index.html.j2",
    "python/social_roi/report/static/report.css",
    "dbt_project.yml",
    "profiles.yml",
    "pyproject.toml",
    "requirements.lock",
)
SHOWN = (
    *("report/landed/index.html", "report/landed/docs.html"),
    *("figures/landed/roi.png", "figures/landed/roi.svg"),
)
# What of the project no build reads.
NOT_READ = {
    *("tests", "bench", "docs", "infra", "notebooks", "examples"),
    *("Makefile", "LICENSE", "dbt-bouncer.yml", "CHANGELOG.md", "CONTRIBUTING.md"),
    *("DECISIONS.md", "README.md", "SECURITY.md", "setup.py", "MANIFEST.in"),
}


@dataclass(frozen=True)
class Checkout:
    """A small project with what a build of it left."""

    project: Path
    build: Path
    data: Path

    def state(self, input_name: str = "landed", **variables: Any) -> unchanged.State:
        files = find_inputs([self.data], self.build / "landed", print)
        read = files if input_name == "landed" else {}
        inputs = unchanged.inputs(self.project, read, variables)
        return inputs | unchanged.outputs(self.build, input_name)

    def record(self, input_name: str = "landed") -> Path:
        return self.build / "dbt" / f"built_duckdb_{input_name}.json"

    def remember(self, input_name: str = "landed") -> None:
        unchanged.remember(self.record(input_name), self.state(input_name))

    def changed(self, input_name: str = "landed", **variables: Any) -> list[str]:
        return unchanged.changes(self.record(input_name), self.state(input_name, **variables))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "any.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create table kept as select 1 as one")
        con.execute("create table dropped as select 1 as one")
    return path


@pytest.fixture
def checkout(tmp_path: Path, database: Path) -> Checkout:
    made = Checkout(tmp_path / "project", tmp_path / "build", tmp_path / "data")
    for name in READ:
        write(made.project / name, f"what {name} says\n")
    write(made.data / "days" / "january.csv", EVENTS)
    generation = made.build / "landed" / "generations" / "1"
    write(generation / "ad_events" / "part.parquet", "rows")
    (made.build / "landed" / "current").symlink_to("generations/1")
    for input_name in ("demo", "landed"):
        write(made.build / "dbt" / f"duckdb_{input_name}" / "static_index.html", input_name)
        shutil.copy(database, made.build / f"{input_name}.duckdb")
    for name in SHOWN:
        write(made.build / name, name)
        write(made.build / name.replace("landed", "demo"), name)
    made.remember("demo")
    made.remember("landed")
    return made


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def change_a_byte(path: Path) -> None:
    """Size and modification time stay."""
    former = path.stat()
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(former.st_atime_ns, former.st_mtime_ns))
    assert path.stat().st_size == former.st_size
    assert path.stat().st_mtime_ns == former.st_mtime_ns


def test_nothing_touched_is_nothing_new(checkout: Checkout) -> None:
    assert checkout.changed("landed") == []
    assert checkout.changed("demo") == []


# input files


def test_a_byte_of_an_input_file(checkout: Checkout) -> None:
    path = checkout.data / "days" / "january.csv"
    change_a_byte(path)
    assert checkout.changed() == ["input files"]
    assert checkout.changed("demo") == []
    change_a_byte(path)
    assert checkout.changed() == []


def test_input_files_that_come_and_go(checkout: Checkout) -> None:
    write(checkout.data / "february.csv", EVENTS)
    assert checkout.changed() == ["input files"]
    (checkout.data / "february.csv").unlink()
    assert checkout.changed() == []
    (checkout.data / "days" / "january.csv").rename(checkout.data / "days" / "renamed.csv")
    assert checkout.changed() == ["input files"]


def test_the_same_file_landed_under_another_name(checkout: Checkout) -> None:
    """`--data data/days` lands january.csv, `--data data` days/january.csv: other _source_files."""
    files = find_inputs([checkout.data / "days"], checkout.build / "landed", print)
    now = checkout.state() | unchanged.inputs(checkout.project, files, {})
    assert unchanged.changes(checkout.record(), now) == ["input files"]


def test_what_is_not_landed_is_no_input(checkout: Checkout) -> None:
    write(checkout.data / "notes.txt", "not a raw file")
    write(checkout.data / ".hidden.csv", EVENTS)
    assert checkout.changed() == []


def test_a_build_folder_among_the_inputs(checkout: Checkout) -> None:
    """`--data .` in the folder above build/: what builds write is not their input."""
    everything = Checkout(checkout.project, checkout.build, checkout.build.parent)
    everything.remember()
    write(checkout.build / "landed" / "generations" / "2" / "ad_events" / "x.parquet", "rows")
    write(checkout.build / "landed.log", "anything")
    assert everything.changed() == []


def test_an_input_that_cannot_be_read_is_left_to_the_landing(checkout: Checkout) -> None:
    gone = {"january.csv": checkout.data / "gone.csv"}
    assert unchanged.inputs(checkout.project, gone, {})["input files"] == {"january.csv": None}


# project files, seeds, defaults, lock, profile


@pytest.mark.parametrize("name", READ)
def test_a_byte_of_a_project_file(checkout: Checkout, name: str) -> None:
    change_a_byte(checkout.project / name)
    assert checkout.changed() == ["project files"]
    assert checkout.changed("demo") == ["project files"]
    change_a_byte(checkout.project / name)
    assert checkout.changed() == []
    (checkout.project / name).unlink()
    assert checkout.changed() == ["project files"]


def test_a_new_model(checkout: Checkout) -> None:
    write(checkout.project / "models" / "marts" / "new.sql", "select 1 as one")
    assert checkout.changed() == ["project files"]


def test_project_files_that_only_stand_there(checkout: Checkout) -> None:
    write(checkout.project / "python" / "social_roi" / "__pycache__" / "a.pyc", "byte code")
    write(checkout.project / "python" / "social_roi.egg-info" / "SOURCES.txt", "of a wheel")
    write(checkout.project / "README.md", "no build reads it")
    os.utime(checkout.project / "macros" / "roi.sql")
    assert checkout.changed() == []


def test_the_lock_that_an_editor_puts_beside_a_model(checkout: Checkout) -> None:
    """A link that leads nowhere: it cannot be read, and that is no error here."""
    (checkout.project / "models" / ".#open.sql").symlink_to("user@somewhere:1")
    assert checkout.changed() == ["project files"]
    (checkout.project / "models" / ".#open.sql").unlink()
    assert checkout.changed() == []


def test_all_that_a_build_reads_of_this_project_is_compared() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.splitlines()
    visible = [name for name in listed if not name.startswith(".") and (PROJECT / name).is_file()]
    read = {name for name in visible if name.split("/")[0] not in NOT_READ}
    compared = unchanged.inputs(PROJECT, {}, {})["project files"].keys()
    assert len(read) > 200
    # whatever comes new into the project is compared or said to be not read
    assert read <= compared


def test_all_places_that_dbt_reads_are_compared() -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    places = {
        "model-paths": ["models"],
        "macro-paths": ["macros"],
        "seed-paths": ["seeds"],
        "test-paths": ["tests"],
        "snapshot-paths": ["snapshots"],
        "analysis-paths": ["analyses"],
        "function-paths": ["functions"],
        "docs-paths": [],
        "asset-paths": [],
    }
    folders = {folder for key, usual in places.items() for folder in project.get(key, usual)}
    assert {key for key in project if key.endswith("-paths")} <= places.keys()
    assert {name for name in folders if (PROJECT / name).exists()} <= {*unchanged.PROJECT_FOLDERS}
    for name in ("packages.yml", "dependencies.yml", "selectors.yml", "dbt_packages"):
        assert not (PROJECT / name).exists(), f"{name} is read, but not compared"


# options and variables


def test_a_variable_on_the_command_line(checkout: Checkout) -> None:
    assert checkout.changed(force_segments=3) == ["variables"]
    now = checkout.state(force_segments=3)
    unchanged.remember(checkout.record(), now)
    assert checkout.changed(force_segments=3) == []
    assert checkout.changed(force_segments=4) == ["variables"]
    assert checkout.changed() == ["variables"]


# environment


@pytest.mark.parametrize("name", ["SOCIAL_ROI_MEMORY", "DBT_WARN_ERROR", "TZ"])
def test_the_environment(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "one")
    assert checkout.changed() == ["environment"]
    checkout.remember()
    assert checkout.changed() == []
    monkeypatch.setenv(name, "two")
    assert checkout.changed() == ["environment"]
    monkeypatch.delenv(name)
    assert checkout.changed() == ["environment"]


def test_the_rest_of_the_environment(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "another")
    monkeypatch.setenv("AWS_PROFILE", "another")
    assert checkout.changed() == []


def test_no_secret_is_written(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_ENV_SECRET_TOKEN", "hidden-from-all")
    checkout.remember()
    assert "DBT_ENV_SECRET_TOKEN" in checkout.record().read_text()
    assert "hidden-from-all" not in checkout.record().read_text()


# Python and packages


def test_packages(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed = tmp_path / "lib" / "dist-packages"
    write(installed / "tool-1.0.dist-info" / "METADATA", "Version: 1.0")
    write(installed / "tool.py", "answer = 1")
    monkeypatch.syspath_prepend(installed)
    checkout.remember()
    assert checkout.changed() == []
    (installed / "tool-1.0.dist-info").rename(installed / "tool-1.1.dist-info")
    assert checkout.changed() == ["packages"]
    (installed / "tool-1.1.dist-info").rename(installed / "tool-1.0.dist-info")
    assert checkout.changed() == []
    # installed once more
    shutil.rmtree(installed / "tool-1.0.dist-info")
    write(installed / "tool-1.0.dist-info" / "METADATA", "Version: 1.0")
    assert checkout.changed() == ["packages"]


def test_packages_of_this_environment_are_compared() -> None:
    names = " ".join(unchanged.inputs(PROJECT, {}, {})["packages"])
    for name in ("python", "dbt_core", "dbt_duckdb", "duckdb", "scikit_learn", "vl_convert"):
        assert name in names


def test_another_python(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version", "4.0")
    assert checkout.changed() == ["packages"]


# the database and its log


@pytest.mark.parametrize(
    "statement",
    ["drop table dropped", "update kept set one = 2", "create table other as select 1 as one"],
)
def test_a_table_that_someone_else_changed(checkout: Checkout, statement: str) -> None:
    with duckdb.connect(checkout.build / "landed.duckdb") as con:
        con.execute(statement)
    assert checkout.changed() == ["tables"]
    assert checkout.changed("demo") == []


def test_a_table_made_and_dropped(checkout: Checkout) -> None:
    with duckdb.connect(checkout.build / "landed.duckdb") as con:
        con.execute("create table other as select 1 as one")
        con.execute("drop table other")
    assert checkout.changed() == ["tables"]


def test_reading_the_database_is_no_change(checkout: Checkout) -> None:
    with duckdb.connect(checkout.build / "landed.duckdb", read_only=True) as con:
        assert con.execute("select one from kept").fetchall() == [(1,)]
        assert checkout.changed() == []
    assert checkout.changed() == []


def test_a_log_that_a_killed_program_left(checkout: Checkout) -> None:
    database = checkout.build / "landed.duckdb"
    former = database.read_bytes()
    code = "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute(sys.argv[2])"
    code += "; os._exit(0)"
    subprocess.run([sys.executable, "-c", code, database, "drop table dropped"], check=True)
    assert database.read_bytes() == former
    log = checkout.build / "landed.duckdb.wal"
    assert log.exists()
    assert checkout.changed() == ["tables"]
    checkout.remember()
    change_a_byte(log)
    assert checkout.changed() == ["tables"]


def test_a_byte_of_the_database(checkout: Checkout) -> None:
    change_a_byte(checkout.build / "demo.duckdb")
    assert checkout.changed("demo") == ["tables"]
    assert checkout.changed("landed") == []


def test_a_database_that_was_deleted_or_replaced(checkout: Checkout) -> None:
    database, other = checkout.build / "demo.duckdb", checkout.build / "other.duckdb"
    shutil.copy2(database, other)
    other.replace(database)
    assert checkout.changed("demo") == ["tables"]
    database.unlink()
    assert checkout.changed("demo") == ["tables"]


# landed parts


def test_landed_parts(checkout: Checkout) -> None:
    landed = checkout.build / "landed"
    change_a_byte(landed / "current" / "ad_events" / "part.parquet")
    assert checkout.changed() == ["tables"]
    assert checkout.changed("demo") == []
    checkout.remember()
    write(landed / "current" / "ad_events" / "added.parquet", "more rows")
    assert checkout.changed() == ["tables"]
    checkout.remember()
    shutil.copytree(landed / "generations" / "1", landed / "generations" / "2")
    assert checkout.changed() == []
    (landed / "current").unlink()
    (landed / "current").symlink_to("generations/2")
    assert checkout.changed() == ["tables"]


# page, docs, figures


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_shown(checkout: Checkout, name: str) -> None:
    change_a_byte(checkout.build / name)
    assert checkout.changed() == [unchanged.SHOWN]
    checkout.remember()
    (checkout.build / name).unlink()
    assert checkout.changed() == [unchanged.SHOWN]


def test_the_docs_that_are_copied_beside_the_report(checkout: Checkout) -> None:
    (checkout.build / "dbt" / "duckdb_landed" / "static_index.html").unlink()
    assert checkout.changed() == ["tables"]
    assert checkout.changed("demo") == []


def test_a_build_of_the_other_data_changes_nothing(checkout: Checkout) -> None:
    with duckdb.connect(checkout.build / "demo.duckdb") as con:
        con.execute("drop table dropped")
    write(checkout.build / "report" / "demo" / "index.html", "the demo's")
    checkout.remember("demo")
    assert checkout.changed("landed") == []
    assert checkout.changed("demo") == []


# the record


def test_a_half_build_leaves_no_record(checkout: Checkout) -> None:
    unchanged.forget(checkout.record())
    assert checkout.changed() == list(checkout.state())
    assert checkout.changed("demo") == []
    unchanged.forget(checkout.record())


def test_half_a_record_is_none(checkout: Checkout) -> None:
    text = checkout.record().read_text()
    checkout.record().write_text(text[: len(text) // 2])
    assert checkout.changed() == list(checkout.state())


# no other source of change: the clock, chance


UNSTEADY = re.compile(
    r"""
    \b(now|today|utcnow|getdate|sysdate|age|unix_timestamp|clock_timestamp|timeofday
      |transaction_timestamp|statement_timestamp|get_current_\w+|nextval|txid_current
      |rand|random|setseed|shuffle|uuid|uuidv\d|gen_random_uuid|newid|urandom)\s*\(
    |\b(current_(date|time|timestamp)|localtime|localtimestamp)\b
    |\b(run_started_at|invocation_id|tablesample|using\s+sample|pytz)\b
    |\btime\.\w+\(|\bperf_counter\b|\bimport\s+(random|secrets|uuid|time)\b
    |\bdefault_rng\(\)|\brandom\.(?!default_rng\b)\w+\(|random_state=None
    """,
    re.IGNORECASE | re.VERBOSE,
)
COMMENTS = {
    ".sql": re.compile(r"--[^\n]*|\{#.*?#\}|/\*.*?\*/", re.DOTALL),
    ".py": re.compile(r"#[^\n]*"),
    ".yml": re.compile(r"#[^\n]*"),
}
SOURCES = [
    path
    for folder in ("models", "macros", "data-tests", "python/social_roi/solvers")
    for path in sorted((PROJECT / folder).rglob("*"))
    if path.suffix in (".sql", ".py")
] + [PROJECT / "dbt_project.yml", PROJECT / "profiles.yml"]


def unsteady(path: Path) -> list[str]:
    """The words in a source that mean another thing in each run."""
    text = COMMENTS[path.suffix].sub("", path.read_text("utf-8"))
    return [found.group() for found in UNSTEADY.finditer(text)]


def test_no_model_macro_or_test_reads_the_clock_or_draws_at_random() -> None:
    assert len(SOURCES) > 100
    found = {str(path.relative_to(PROJECT)): unsteady(path) for path in SOURCES}
    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.sql", "where touched_at < now()"),
        ("a.sql", "select CURRENT_DATE as today"),
        ("a.sql", "select current_timestamp"),
        ("a.sql", "select localtimestamp"),
        ("a.sql", "select {{ dbt.current_timestamp() }}"),
        ("a.sql", "select today() as day"),
        ("a.sql", "order by random()"),
        ("a.sql", "select uuid() as id, gen_random_uuid() as other"),
        ("a.sql", "select '{{ run_started_at }}' as built_at"),
        ("a.sql", "select '{{ invocation_id }}' as run_id"),
        ("a.sql", "{{ modules.datetime.datetime.now() }}"),
        ("a.sql", "from users using sample 10 rows"),
        ("a.sql", "from users tablesample bernoulli (10)"),
        ("a.py", "start = time.time()"),
        ("a.py", "day = date.today()"),
        ("a.py", "rng = np.random.default_rng()"),
        ("a.py", "noise = np.random.normal(0, 1)"),
    ],
)
def test_the_clock_and_chance_are_recognised(tmp_path: Path, name: str, line: str) -> None:
    write(tmp_path / name, line)
    assert unsteady(tmp_path / name)
    write(tmp_path / name, f"# {line}" if name.endswith(".py") else f"-- {line}")
    assert not unsteady(tmp_path / name)


# real builds

HEAVY = ("dbt", "pandas", "sklearn")
# Runs a command, then says which heavy libraries its process has loaded.
COMMAND = f"""
import sys
from social_roi.cli import main
code = main(sys.argv[1:])
print(*[name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
sys.exit(code)
"""


@dataclass(frozen=True)
class Builds:
    """`social-roi build` in a folder with files of one's own in data/ and what is made in build/,
    which the environment names by a relative path."""

    folder: Path

    @property
    def build(self) -> Path:
        return self.folder / "build"

    def start(self, *options: str, **environment: str) -> subprocess.Popen[str]:
        others = {k: v for k, v in os.environ.items() if not k.startswith(unchanged.ENVIRONMENT)}
        return subprocess.Popen(
            [sys.executable, "-c", COMMAND, "build", *options],
            cwd=self.folder,
            env=others | {"SOCIAL_ROI_BUILD": "build"} | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *options: str) -> list[str]:
        """The lines on standard error."""
        with self.start(*options) as process:
            _, said = process.communicate()
        assert process.returncode == 0, said
        return said.splitlines()

    def first_line(self, *options: str) -> str:
        """The first line on standard error; then it is killed."""
        with self.start(*options) as process:
            line = process.stderr.readline()
            process.kill()
        return line

    def page(self, input_name: str) -> bytes:
        return (self.build / "report" / input_name / "index.html").read_bytes()

    def record(self, input_name: str, target: str = "duckdb") -> Path:
        return self.build / "dbt" / f"built_{target}_{input_name}.json"

    def tables(self, input_name: str) -> Any:
        return unchanged.outputs(self.build, input_name)["tables"]

    def written(self) -> dict[Path, int]:
        """When each file was written, but for the lock and the records."""
        return {
            path: path.stat().st_mtime_ns
            for path in self.build.rglob("*")
            if path.is_file()
            and path.name != ".lock"
            and not path.name.startswith(("built_", "last_"))
        }


@pytest.mark.build
def test_real_builds_do_only_what_is_new(tmp_path: Path) -> None:
    builds, own = Builds(tmp_path), ("--data", "data")
    write(tmp_path / "data" / "events.csv", EVENTS)
    with builds.start(*own) as process:
        for line in process.stderr:
            if line.startswith("landing:"):
                # edited while the build runs: too late for it, and undone before the next one
                write(tmp_path / "data" / "events.csv", EVENTS.replace("TikTok", "Snapchat"))
    assert process.returncode == 0
    write(tmp_path / "data" / "events.csv", EVENTS)
    own_tables, own_page = builds.tables("landed"), builds.page("landed")

    assert builds.run()[0].startswith("reading the project:")
    demo_tables, demo_page = builds.tables("demo"), builds.page("demo")
    assert own_page != demo_page

    # the demo did not undo one's own tables and page, nor the other way
    nothing_new, loaded = builds.run(*own)
    assert nothing_new.startswith("nothing new since the last build (compared: input files, ")
    for words in (*unchanged.inputs(PROJECT, {}, {}), "tables", unchanged.SHOWN, "--force"):
        assert words in nothing_new
    assert "dbt" not in loaded.split()
    assert (builds.page("landed"), builds.tables("landed")) == (own_page, own_tables)
    assert builds.run() == [nothing_new, loaded]
    assert (builds.page("demo"), builds.tables("demo")) == (demo_page, demo_tables)

    # nothing at all
    former = builds.written()
    assert builds.run() == [nothing_new, ""]
    assert builds.written() == former

    # a part of what is shown
    (builds.build / "report" / "demo" / "docs.html").unlink()
    (builds.build / "figures" / "demo" / "roi_by_platform.png").unlink()
    _, written_again, _ = builds.run()
    assert written_again.startswith(f"writing the {unchanged.SHOWN} again:")
    assert builds.written().keys() == former.keys()
    assert builds.tables("demo") == demo_tables

    # Athena's tables are not compared: not even with such a record is it said to have nothing new
    shutil.copy(builds.record("demo"), builds.record("demo", "athena"))
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    with builds.start("--target", "athena", **nowhere, **keys) as process:
        _, said = process.communicate()
    assert process.returncode == 2
    assert said.startswith("social-roi: looking for the bucket and the work group:")

    # a table that someone else dropped
    with duckdb.connect(builds.build / "landed.duckdb") as con:
        con.execute("drop table marts.rpt_totals")
    assert builds.first_line(*own).startswith("landing:")

    # forced; that build was killed, so the next one has no former to compare with
    assert builds.record("demo").exists()
    assert builds.first_line("--force").startswith("reading the project:")
    assert not builds.record("demo").exists()
    assert builds.first_line().startswith("reading the project:")
