"""The templates of infra/, without an account: linters, least privilege, and every reference."""

import json
import re
import runpy
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
import yaml

import infra_template
from infra_template import policies, resolve, statements
from social_roi.aws import deploy
from social_roi.dbt_runner import PROJECT
from social_roi.errors import UserError
from social_roi.variables import ENVIRONMENT

INFRA = PROJECT / "infra"
MAIN = INFRA / "social_roi.yaml"
SCRATCH = tempfile.TemporaryDirectory()
SECRET = "social-roi/ads"
SECRET_ARN = f"arn:aws:secretsmanager:us-east-1:{infra_template.ACCOUNT}:secret:{SECRET}-??????"
ALL_ON = {"Crawler": "on", "DailyBuild": "on", "Notebook": "on", "AlarmEmail": "a@example.com"}
ALL_ON |= {"Pull": "meta google", "PullSecret": SECRET}

# The types that QuickSight may give a column of the marts.
QUICKSIGHT_TYPES = {
    "VARCHAR": "STRING",
    "BIGINT": "INTEGER",
    "INTEGER": "INTEGER",
    "DOUBLE": "DECIMAL",
    "DECIMAL": "DECIMAL",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATETIME",
    "TIMESTAMP": "DATETIME",
}
# QuickSight's functions that calculated fields use, with their numbers of arguments.
QUICKSIGHT_FUNCTIONS = {"sum": 1, "nullif": 2}


@cache
def quicksight() -> Path:
    """The template as `make deploy` writes it."""
    return deploy.quicksight_template(Path(SCRATCH.name))


@cache
def template(path: Path = MAIN) -> dict[str, Any]:
    return infra_template.load(path)


def all_on() -> dict[str, Any]:
    return infra_template.parameters(template(), **ALL_ON)


# --- linters -----------------------------------------------------------------------------------


@pytest.mark.build
def test_cfn_lint_has_no_findings() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "-i", "I", "-t", MAIN, quicksight()],
        capture_output=True,
        text=True,
    )
    assert lint.returncode == 0, lint.stdout + lint.stderr


@pytest.mark.build
def test_checkov_fails_nothing_that_is_not_excused() -> None:
    # its own environment: it pins packages that pytest and dbt need newer
    checkov = PROJECT / ".venv" / "checkov" / "bin" / "checkov"
    assert checkov.exists(), "checkov is missing: make .venv/checkov/.ok"
    scan = subprocess.run(
        # without --skip-download it downloads guidelines from its vendor
        [
            checkov,
            "--skip-download",
            "--framework=cloudformation",
            "--output=json",
            "-f",
            MAIN,
            quicksight(),
        ],
        capture_output=True,
        text=True,
    )
    results = json.loads(scan.stdout)
    failed = [
        (check["check_id"], check["resource"]) for check in results["results"]["failed_checks"]
    ]
    assert failed == []
    assert results["summary"]["passed"] > 20


def test_every_excuse_has_a_reason() -> None:
    excuses = [
        excuse
        for resource in template()["Resources"].values()
        for excuse in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]
    assert excuses
    assert all(len(excuse["comment"]) > 30 for excuse in excuses)


def test_policies_pass_the_iam_linter() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it still imports pkg_resources
        import parliament

        found = [
            (name, finding.issue, finding.detail)
            for name, policy in policies(template(), all_on())
            for finding in parliament.analyze_policy_string(json.dumps(policy)).findings
        ]
    assert found == []


# --- least privilege ---------------------------------------------------------------------------


def test_no_action_has_a_wildcard() -> None:
    wild = [
        (name, action)
        for name, policy in policies(template(), all_on())
        for actions, _, _ in statements(policy)
        for action in actions
        if "*" in action or "?" in action
    ]
    assert wild == []


def test_resources_are_narrowed_to_prefixes_databases_and_groups() -> None:
    """A wildcard stands only behind a prefix, a database or a log; lists of names are named."""
    allowed = re.compile(
        r"arn:aws:s3:::social-roi-\d+-us-east-1/[a-z]+/([a-z_]+/)?\*"
        r"|arn:aws:glue:[\w-]+:\d+:table/social_roi[a-z_]*/(inbox_)?\*"
        r"|arn:aws:logs:.+:\*|arn:aws:logs:.+/\*"
    )
    wild = [
        (actions, resource)
        for _, policy in policies(template(), all_on())
        for actions, resources, _ in statements(policy)
        for resource in resources
        if "*" in resource and not allowed.fullmatch(resource)
    ]
    assert {tuple(actions) for actions, _ in wild} == {("glue:GetDatabases",)}
    assert all(resource.endswith(":database/*") for _, resource in wild)


def test_tokens_are_read_only_where_the_daily_build_pulls() -> None:
    pull = template()["Resources"]["PullPolicy"]
    granted = list(statements(dict(policies(template(), all_on()))["PullPolicy"]))
    assert granted == [(["secretsmanager:GetSecretValue"], [SECRET_ARN], {})]
    for off in ({"Pull": "off"}, {"DailyBuild": "off"}):
        values = infra_template.parameters(template(), **ALL_ON | off)
        assert not infra_template.is_deployed(pull, template(), values)
        assert not any("PULL" in name or "SECRET" in name for name in build_variables(values))
    assert infra_template.is_deployed(pull, template(), all_on())
    own = {name for name in build_variables(all_on()) if name.startswith("SOCIAL_ROI_")}
    assert own <= ENVIRONMENT.keys()
    assert build_variables(all_on())["PULL_FROM"] == "meta google"
    assert build_variables(all_on())["SOCIAL_ROI_SECRET"] == SECRET


def build_variables(values: dict[str, Any]) -> dict[str, str]:
    project = template()["Resources"]["DailyBuildProject"]["Properties"]
    listed = resolve(project["Environment"]["EnvironmentVariables"], template(), values)
    return {one["Name"]: one["Value"] for one in listed if one}


@pytest.mark.parametrize(
    ("pull", "inbox", "made"),
    [
        ("", "", ["DATA=s3://b/inbox/"]),
        ("", "2026-03-01 10:00:00 12 inbox/a.csv", ["DATA=s3://b/inbox/"]),
        ("meta google", "2026-03-01 10:00:00 0 inbox/", ["PULL=meta google"]),
        ("meta google", "", ["PULL=meta google"]),
        (
            "google",
            "2026-03-01 10:00:00 0 inbox/\n2026-03-01 10:00:00 12 inbox/a b.csv",
            ["DATA=s3://b/inbox/", "PULL=google"],
        ),
    ],
)
def test_the_daily_build_takes_what_is_pulled_and_what_is_in_the_inbox(
    tmp_path: Path, pull: str, inbox: str, made: list[str]
) -> None:
    project = template()["Resources"]["DailyBuildProject"]["Properties"]
    [command] = yaml.safe_load(project["Source"]["BuildSpec"])["phases"]["build"]["commands"]
    (tmp_path / "listed").write_text(f"{inbox}\n" if inbox else "")
    for name, does in (("aws", f"cat {tmp_path}/listed"), ("make", 'printf "%s\\n" "$@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", command],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PULL_FROM": pull, "SOCIAL_ROI_BUCKET": "b"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["build", "TARGET=athena", *made]


def test_reading_is_all_that_analyst_and_notebook_can_do() -> None:
    read = dict(policies(template()))["ReadPolicy"]
    for actions, resources, _ in statements(read):
        changing = [one for one in actions if re.search("Put|Delete|Create|Update|Abort", one)]
        assert not changing or all("/results/read/" in resource for resource in resources)
        assert not any("/raw/" in resource or "_raw/" in resource for resource in resources)


def test_what_a_role_may_write_lies_in_its_own_prefixes() -> None:
    writable = {
        resource.split("/", 1)[1]
        for actions, resources, _ in statements(dict(policies(template()))["BuildPolicy"])
        for resource in resources
        if "s3:PutObject" in actions
    }
    assert writable == {"raw/*", "data/*", "solved/*", "results/build/*"}


# --- storage, Athena, parameters ---------------------------------------------------------------


def test_the_bucket_is_closed_encrypted_versioned_and_kept() -> None:
    bucket = template()["Resources"]["Bucket"]
    properties = bucket["Properties"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "BucketEncryption" in properties
    rules = {rule["Id"]: rule for rule in properties["LifecycleConfiguration"]["Rules"]}
    assert rules["query-results"]["ExpirationInDays"] == 7
    assert rules["former-versions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    expiring = [rule["Prefix"] for rule in rules.values() if "ExpirationInDays" in rule]
    assert expiring == ["results/"], "only query results may expire by themselves"


def test_the_bucket_refuses_requests_without_tls() -> None:
    policy = resolve(
        template()["Resources"]["BucketPolicy"]["Properties"]["PolicyDocument"], template()
    )
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Deny"}
    assert {"Bool": {"aws:SecureTransport": "false"}} in [
        statement["Condition"] for statement in policy["Statement"]
    ]


def test_work_groups_have_limits_and_no_table_lies_among_expiring_results() -> None:
    groups = {
        name: resolve(resource["Properties"], template())["WorkGroupConfiguration"]
        for name, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::Athena::WorkGroup"
    }
    for group in groups.values():
        assert group["BytesScannedCutoffPerQuery"] == 10_000_000_000
        assert group["EngineVersion"]["SelectedEngineVersion"] == "Athena engine version 3"
        assert group["PublishCloudWatchMetricsEnabled"]
        assert "/results/" in group["ResultConfiguration"]["OutputLocation"]
        assert group["ResultConfiguration"]["EncryptionConfiguration"]
    assert groups["ReadWorkGroup"]["EnforceWorkGroupConfiguration"]
    assert not groups["BuildWorkGroup"]["EnforceWorkGroupConfiguration"]


def test_nothing_that_costs_by_the_hour_is_on_by_default() -> None:
    defaults = infra_template.parameters(template())
    kinds = {
        resource["Type"]
        for resource in template()["Resources"].values()
        if infra_template.is_deployed(resource, template(), defaults)
    }
    assert "AWS::S3::Bucket" in kinds
    assert not kinds & {
        "AWS::SageMaker::NotebookInstance",
        "AWS::CodeBuild::Project",
        "AWS::Glue::Crawler",
    }


def test_every_parameter_but_the_dashboards_owner_has_a_default() -> None:
    without = [
        name
        for path in (MAIN, quicksight())
        for name, parameter in template(path)["Parameters"].items()
        if "Default" not in parameter
    ]
    assert without == ["Principal"]


def test_the_written_quicksight_template_is_the_one_that_is_meant() -> None:
    found = runpy.run_path(str(INFRA / "quicksight.py"))
    assert yaml.safe_load(quicksight().read_text()) == found["template"]()


def test_templates_are_small_enough_to_send() -> None:
    assert all(len(path.read_bytes()) <= 51_200 for path in (MAIN, quicksight()))


def test_templates_name_no_account_and_no_person() -> None:
    for path in INFRA.iterdir():
        if path.suffix in (".yaml", ".py"):
            assert not re.search(r"\b\d{12}\b|[\w.]+@[\w.]+\.\w+", path.read_text()), path.name


@pytest.mark.build
def test_named_queries_answer_on_the_built_marts(demo_database: Path) -> None:
    queries = [
        resource["Properties"]["QueryString"]
        for resource in template()["Resources"].values()
        if resource["Type"] == "AWS::Athena::NamedQuery"
    ]
    assert len(queries) == 7
    with duckdb.connect(str(demo_database), read_only=True) as con:
        con.execute("set schema = 'marts'")
        for query in queries:
            assert con.execute(query).fetchall(), query


# --- deploying ---------------------------------------------------------------------------------


def test_exports_cover_what_the_profile_reads_from_the_stack() -> None:
    outputs = set(template()["Outputs"])
    assert set(deploy.EXPORTS) <= outputs
    profile = set(re.findall(r"env_var\('(\w+)'", (PROJECT / "profiles.yml").read_text()))
    by_hand = {"DBT_TARGET", "SOCIAL_ROI_BUILD", "SOCIAL_ROI_MEMORY"}
    by_hand |= {"SOCIAL_ROI_POLL_SECONDS", "SOCIAL_ROI_THREADS"}
    assert profile - by_hand - {"AWS_DEFAULT_REGION"} == set(deploy.EXPORTS.values())


def test_a_folder_without_a_commit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a git checkout"):
        deploy.project_archive(tmp_path)


def test_a_parameter_without_a_value_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main(["up", "--set", "Notebook"]) == 2
    assert "NAME=VALUE" in capsys.readouterr().err


# --- QuickSight --------------------------------------------------------------------------------


def definition() -> dict[str, Any]:
    return template(quicksight())["Resources"]["Pages"]["Properties"]["Definition"]


def data_sets() -> dict[str, dict[str, str]]:
    """Types of the columns of each data set, by the name of its table."""
    found = {}
    for resource in template(quicksight())["Resources"].values():
        if resource["Type"] == "AWS::QuickSight::DataSet":
            table = resource["Properties"]["PhysicalTableMap"]["table"]["RelationalTable"]
            found[table["Name"]] = {
                column["Name"]: column["Type"] for column in table["InputColumns"]
            }
    return found


def fields() -> dict[str, set[str]]:
    """Columns and calculated fields of each data set."""
    found = {table: set(columns) for table, columns in data_sets().items()}
    for field in definition()["CalculatedFields"]:
        found[field["DataSetIdentifier"]].add(field["Name"])
    return found


def nodes(part: Any, key: str) -> Iterator[Any]:
    """Everything that stands under a key, at any depth."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name == key:
                yield value
            yield from nodes(value, key)
    elif isinstance(part, list):
        for value in part:
            yield from nodes(value, key)


@pytest.mark.build
def test_quicksight_columns_are_those_of_the_built_marts(demo_database: Path) -> None:
    with duckdb.connect(str(demo_database), read_only=True) as con:
        for table, columns in data_sets().items():
            described = con.execute(f"describe marts.{table}").fetchall()
            built = {name: QUICKSIGHT_TYPES[kind.split("(")[0]] for name, kind, *_ in described}
            assert columns.items() <= built.items(), table


def test_quicksight_pages_are_those_of_the_report() -> None:
    titles = [sheet["Name"] for sheet in definition()["Sheets"]]
    assert titles == [
        *("ROI", "Funnel", "Attribution", "Audience", "Segments", "Forecast", "Budget"),
    ]


def test_each_quicksight_visual_shows_fields_of_one_report_table() -> None:
    visuals = [visual for sheet in definition()["Sheets"] for visual in sheet["Visuals"]]
    assert len(visuals) >= 15
    for visual in visuals:
        columns = list(nodes(visual, "Column"))
        tables = {column["DataSetIdentifier"] for column in columns}
        assert len(tables) == 1, visual
        (table,) = tables
        assert table.startswith("rpt_")
        assert {column["ColumnName"] for column in columns} <= fields()[table]


def test_quicksight_sorts_and_filters_refer_to_what_is_there() -> None:
    visuals = {}
    for sheet in definition()["Sheets"]:
        for visual in sheet["Visuals"]:
            (properties,) = visual.values()
            visuals[sheet["SheetId"], properties["VisualId"]] = properties
            known = {one["FieldId"] for one in _with_field_id(properties["ChartConfiguration"])}
            sorted_by = {sort["FieldId"] for sort in nodes(properties, "FieldSort")}
            assert sorted_by <= known
    filters = list(nodes(definition()["FilterGroups"], "CategoryFilter"))
    for one in filters:
        assert one["Column"]["ColumnName"] in fields()[one["Column"]["DataSetIdentifier"]]
    controlled = set(nodes(definition()["Sheets"], "SourceFilterId"))
    assert controlled <= {one["FilterId"] for one in filters}
    for group in definition()["FilterGroups"]:
        (table,) = {column["DataSetIdentifier"] for column in nodes(group, "Column")}
        for scope in next(nodes(group, "SheetVisualScopingConfigurations")):
            assert scope["VisualIds"]
            for visual_id in scope["VisualIds"]:
                shown = next(nodes(visuals[scope["SheetId"], visual_id], "DataSetIdentifier"))
                assert shown == table


def _with_field_id(part: Any) -> list[dict[str, Any]]:
    """Field wells, not the sorts that refer to them."""
    return [column for column in _parts(part) if "FieldId" in column and "Column" in column]


def _parts(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from _parts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _parts(value)


def test_each_calculated_field_parses_over_fields_that_exist() -> None:
    calculated = definition()["CalculatedFields"]
    assert calculated
    for field in calculated:
        columns = data_sets()[field["DataSetIdentifier"]]
        used = set(re.findall(r"\{([^}]*)\}", field["Expression"]))
        assert used
        assert used <= set(columns), field
        assert {columns[name] for name in used} <= {"INTEGER", "DECIMAL"}
        # the same grammar as SQL, but for the braces
        parsed = sqlglot.parse_one(re.sub(r"\{([^}]*)\}", r'"\1"', field["Expression"]))
        for call in re.finditer(r"(\w+)\(", field["Expression"]):
            assert call.group(1).lower() in QUICKSIGHT_FUNCTIONS, field
        for function in parsed.find_all(sqlglot.exp.Func):
            name = function.sql_name().lower()
            if name in QUICKSIGHT_FUNCTIONS:
                given = [value for value in function.args.values() if value]
                assert len(given) == QUICKSIGHT_FUNCTIONS[name], field


def test_no_calculated_field_hides_a_column() -> None:
    """QuickSight compares names case-insensitively."""
    for field in definition()["CalculatedFields"]:
        columns = {name.lower() for name in data_sets()[field["DataSetIdentifier"]]}
        assert field["Name"].lower() not in columns
