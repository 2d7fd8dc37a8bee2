"""The command line: help of every command; bad input gets one line and exit code 2."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from social_roi.cli import main, parser


def commands() -> list[str]:
    [choices] = [action.choices for action in parser()._actions if action.dest == "command"]
    return sorted(choices)


def test_version_and_help_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--version"], ["--help"], *([name, "--help"] for name in commands())):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert "social-roi 0." in shown
    assert all(f"usage: social-roi {name}" in shown for name in commands())


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    [line] = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("social-roi: ")
    return line


@pytest.fixture(autouse=True)
def own_build_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))


def test_a_path_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no-such.csv" in refused(capsys, "land", "no-such.csv")
    assert "name too long" in refused(capsys, "land", "x" * 300)


@pytest.mark.parametrize("command", [("build", "--data"), ("land",), ("land", "--explain")])
def test_an_empty_path_is_not_the_folder_one_is_in(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, ""])
    assert ended.value.code == 2
    assert "the path is empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("buid", "did you mean build?"),
        ("build --dta x", "did you mean --data?"),
        ("answers --formt json", "did you mean --format?"),
        ("build --lookback-days abc", "--lookback-days: invalid int value: 'abc'"),
        # an option of another command is none of this one
        (
            "answers --data x",
            "answers: unrecognized arguments: --data x (social-roi answers --help)",
        ),
        ("answers --format yaml", "invalid choice: 'yaml'"),
    ],
)
def test_a_mistyped_command_or_option_is_one_line_with_the_nearest(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(typed.split())
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("social-roi") and meant in line


def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    for command in (["demo"], ["demo", "--exports"], ["init"]):
        assert "cannot be written" in refused(capsys, *command, str(tmp_path / "file" / "folder"))


def test_explain_without_a_file_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert "name the files or folders" in refused(capsys, "land", "--explain")


def test_a_file_of_no_raw_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("colour,shape\nred,round\n")
    line = refused(capsys, "build", "--data", str(wrong))
    assert "wrong.csv" in line
    assert "colour" in line


def test_a_file_with_a_cell_beyond_any_header(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("x" * 200_000)
    assert "wrong.csv" in refused(capsys, "land", str(wrong))


def test_a_closed_pipe_is_not_an_error(tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("social-roi"), "demo", tmp_path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        demo.stdout.close()
        said = demo.stderr.read()
    assert (demo.returncode, said) == (0, b"")


def test_landing_continues_after_its_pipe_is_closed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(3):
        (tmp_path / "data" / f"{number}.csv").write_text(f"user_id\nu{number}\n")
    command = [Path(sys.executable).with_name("social-roi"), "land", tmp_path / "data"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as land:
        land.stdout.close()
        said = land.stderr.read()
    assert (land.returncode, said) == (0, b"")
    files = tmp_path / "build" / "landed" / "current" / "users" / "*.parquet"
    assert duckdb.sql(f"select count(*) from '{files}'").fetchall() == [(3,)]


def test_a_build_folder_that_cannot_be_made(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "file" / "build"))
    assert "SOCIAL_ROI_BUILD" in refused(capsys, "build")


def test_answers_before_a_build_say_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert "make build" in refused(capsys, "answers")


def test_answers_report_that_another_program_has_the_database_open(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "build").mkdir()
    database = tmp_path / "build" / "demo.duckdb"
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    other = subprocess.Popen(
        [sys.executable, "-c", code, database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        assert other.stdout.readline() == "open\n"
        assert "another program" in refused(capsys, "answers")
        other.communicate("\n")


@pytest.mark.build
def test_a_build_of_landed_data_before_landing_says_what_to_do() -> None:
    from social_roi.dbt_runner import run_dbt
    from social_roi.errors import UserError

    with pytest.raises(UserError, match="nothing is landed yet"):
        run_dbt(["build"], "duckdb", {"input": "landed"})


@pytest.mark.build
def test_data_that_an_earlier_version_landed_is_told_in_one_line(tmp_path: Path) -> None:
    from social_roi.dbt_runner import build_dir, run_dbt
    from social_roi.errors import UserError
    from social_roi.landing import land_files

    (tmp_path / "users.csv").write_text("user_id,age\nu1,30\n")
    land_files([tmp_path / "users.csv"], build_dir() / "landed")
    shutil.rmtree(build_dir() / "landed" / "current" / "orders")
    with pytest.raises(UserError, match="an earlier version, without orders: land them again"):
        run_dbt(["build"], "duckdb", {"input": "landed"})


@pytest.mark.build
def test_a_column_that_an_earlier_version_did_not_land_is_told_in_one_line(tmp_path: Path) -> None:
    import duckdb

    from social_roi.dbt_runner import build_dir, run_dbt
    from social_roi.errors import UserError
    from social_roi.landing import land_files

    (tmp_path / "users.csv").write_text("user_id,age\nu1,30\n")
    land_files([tmp_path / "users.csv"], build_dir() / "landed")
    reports = build_dir() / "landed" / "current" / "ad_reports" / "no_rows.parquet"
    rows = duckdb.sql(f"select * exclude (replaced_at) from '{reports}'").to_arrow_table()
    duckdb.from_arrow(rows).to_parquet(str(reports))
    with pytest.raises(UserError, match=r"an earlier version, without ad_reports\.replaced_at: "):
        run_dbt(["build"], "duckdb", {"input": "landed"})


@pytest.mark.build
def test_a_second_build_at_the_same_time_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import fcntl

    (tmp_path / "build").mkdir()
    with (tmp_path / "build" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another build is running" in refused(capsys, "build")
        assert "another build is running" in refused(capsys, "land", str(tmp_path / "build"))


@pytest.mark.build
def test_a_build_with_too_little_memory_says_what_to_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_MEMORY", "10MB")
    assert main(["build"]) == 2
    *_, line = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("social-roi: building and testing the tables: dbt build failed at ")
    assert line.endswith("give DuckDB more memory: set SOCIAL_ROI_MEMORY, such as 4GB")
    assert "Possible solutions" not in line


@pytest.mark.build
def test_a_build_reports_a_full_disk() -> None:
    def six_megabytes_a_file() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6_000_000, 6_000_000))

    # a module cut off at the limit would be cached as if it were whole
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [Path(sys.executable).with_name("social-roi"), "build"]
    build = subprocess.run(
        command,
        preexec_fn=six_megabytes_a_file,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 2
    *_, line = build.stderr.strip().splitlines()
    assert line.startswith("social-roi: building and testing the tables: dbt build failed at ")
    assert line.endswith("free disk space and run again, nothing is lost")
