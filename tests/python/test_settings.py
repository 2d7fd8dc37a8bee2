"""A wrong setting stops before anything is built: variables, environment, make, dbt's own runs."""

import csv
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from social_roi.cli import main
from social_roi.dbt_runner import PROJECT, run_dbt
from social_roi.errors import UserError
from social_roi.variables import ENVIRONMENT, check_variables

VARS = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
RULES = VARS["allowed"]

# Arguments of `social-roi build`, and what the line on standard error names.
WRONG = [
    (["--lookback-days", "-7"], ("lookback_days is -7", "from 1 to 3650")),
    (["--set", "lookback_dayz=7"], ("lookback_dayz", "did you mean lookback_days")),
    (["--set", "markov_order=9"], ("markov_order is 9", "from 1 to 3")),
    (["--attribution-model", "last_clik"], ("last_clik", "last_touch, linear")),
    (["--set", "bootstrap_replicates=0"], ("bootstrap_replicates is 0", "from 50")),
    (["--set", "bootstrap_replicates=true"], ("bootstrap_replicates is True",)),
    (["--half-life-days", "0"], ("half_life_days", "above 0")),
    (["--half-life-days", "nan"], ("half_life_days", "above 0")),
    (["--max-rejected-share", "5"], ("max_rejected_share is 5.0", "to 1")),
    (["--set", "position_based_weights={first: 1}"], ("for each of first, last",)),
    (["--set", "budget_elasticity={sure: 1, stated: [1]}"], ("budget_elasticity", "a list")),
    (["--set", "forecast_days=7"], ("forecast_days is 7", "a list")),
    (["--set", "forecast_days=[]"], ("forecast_days is []", "a list")),
    (["--set", "segment_features=[clicks, agee]"], ("agee", "impressions, clicks")),
    (["--currency", "EURO"], ("currency is EURO", "three letters")),
    (["--set", "lookback_days="], ("lookback_days is empty",)),
    (["--set", "lookback_days"], ("--set lookback_days", "NAME=VALUE")),
    (["--set", "input=landed"], ("--data",)),
    (["--simulate", "perhaps"], ("simulate is perhaps", "auto, true, false")),
    (["--force-segments", "-3"], ("force_segments is -3", "from 0 to 10")),
]


@pytest.fixture(autouse=True)
def own_build_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
    return tmp_path / "build"


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_a_wrong_variable_stops_the_build_in_one_line(
    arguments: list[str],
    words: tuple[str, ...],
    own_build_folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["build", *arguments]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert all(word in line for word in words), line
    assert not own_build_folder.exists()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SOCIAL_ROI_BUKET", "x", "did you mean SOCIAL_ROI_BUCKET?"),
        ("SOCIAL_ROI_BUILD", "", "SOCIAL_ROI_BUILD is empty"),
        ("SOCIAL_ROI_MEMORY", "lots", "4GB or 80%"),
        ("SOCIAL_ROI_THREADS", "many", "whole number"),
        ("SOCIAL_ROI_POLL_SECONDS", "0.0", "above 0"),
        ("SOCIAL_ROI_BUCKET", "s3://mine", "name of a bucket"),
        ("SOCIAL_ROI_DATA_PREFIX", "data/", "without slashes"),
    ],
)
def test_a_wrong_environment_stops_every_command(
    name: str,
    value: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(name, value)
    for command in ("build", "answers", "report"):
        assert main([command]) == 2
        assert words in capsys.readouterr().err


def test_values_that_are_allowed() -> None:
    check_variables({})
    check_variables(
        {
            "simulate": True,
            "currency": "eur",
            "ripe_days": "",
            "half_life_days": 0.5,
            "attribution_model": "markov",
            "budget_elasticity": {"stated": [0.3, 1], "sure": [0.9]},
        }
    )


def test_every_variable_has_a_rule_that_its_default_keeps() -> None:
    assert set(RULES) == set(VARS) - {"allowed"} | {"input"}
    planted = {name: rule["planted"] for name, rule in RULES.items() if "planted" in rule}
    assert planted == {name: VARS[name] for name in planted}


def test_the_attribution_models_allowed_are_those_of_the_look_up() -> None:
    with (PROJECT / "seeds" / "lookups" / "attribution_models.csv").open() as file:
        models = {row["attribution_model"] for row in csv.DictReader(file)}
    # what platforms report is no rule that could be chosen
    assert set(RULES["attribution_model"]["is"]) == models - {"platform_reported"}


def test_every_variable_of_the_environment_that_the_project_reads_is_known() -> None:
    sources = [PROJECT / "profiles.yml", *(PROJECT / "python" / "social_roi").rglob("*.py")]
    sources = [path for path in sources if path.name != "variables.py"]
    read = re.findall(r"SOCIAL_ROI_[A-Z_]+", " ".join(path.read_text() for path in sources))
    assert set(read) == set(ENVIRONMENT)


def make(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-n", *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("words", [("build", "data=x"), ("build", "DATAA=x"), ("test", "M=1")])
def test_make_refuses_an_unknown_variable(words: tuple[str, str]) -> None:
    done = make(*words)
    assert done.returncode == 2
    assert words[1].partition("=")[0] in done.stderr
    assert "DATA" in done.stderr


def test_make_refuses_an_empty_path() -> None:
    for done in (make("build", "DATA="), make("build", DATA="")):
        assert done.returncode == 2
        assert "DATA is empty" in done.stderr


def test_make_passes_on_what_it_knows() -> None:
    done = make("build", "DATA=a b", "ARGS=--lookback-days 7", "FORCE=1")
    assert '--data "a b" --force --lookback-days 7' in done.stdout
    assert "--pull" not in done.stdout
    assert "--pull meta google" in make("build", "PULL=meta google").stdout
    assert "PULL is empty" in make("build", "PULL=").stderr


@pytest.mark.build
@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"inputs": "landed"}, "did you mean input?"),
        ({"input": "land"}, "one of demo, landed"),
        ({"lookback_days": -7}, "from 1 to 3650"),
    ],
    ids=["unknown", "unknown input", "out of range"],
)
def test_dbts_own_runs_stop_before_a_database_is_opened(
    variables: dict[str, object], words: str, own_build_folder: Path
) -> None:
    with pytest.raises(UserError) as stopped:
        run_dbt(["build"], "duckdb", {"input": "demo"} | variables)
    assert words in str(stopped.value)
    assert "\n" not in str(stopped.value)
    assert not list(own_build_folder.glob("*.duckdb"))


@pytest.mark.build
def test_planted_figures_are_tested_only_for_the_settings_they_are_planted_for() -> None:
    def planted(variables: dict[str, object]) -> list[str]:
        command = ["ls", "--select", "assert_planted*"]
        return run_dbt(command, "duckdb", {"input": "demo"} | variables)

    assert len(planted({})) == 3
    assert planted({"force_segments": 1}) == []


@pytest.mark.parametrize(
    "arguments", [["answers", "--target", "athena"], ["dbt", "ls", "--target=athena"]]
)
def test_athena_without_credentials_or_region_is_one_line(
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    # the default is put there
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "no AWS credentials" in line
