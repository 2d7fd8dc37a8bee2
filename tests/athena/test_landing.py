"""Landing to S3: the same guarantees as on DuckDB, and raw tables readable at any moment."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from athena.conftest import keys, select
from social_roi.aws.land import land_to_s3
from social_roi.aws.settings import settings
from social_roi.errors import UserError

EVENTS = """\
event_id,user_id,occurred_at,event_type,ad_platform
{rows}"""


def events(folder: Path, name: str, count: int) -> Path:
    rows = "".join(
        f"{name}-{number},0{number},2026-03-01T10:00:0{number}Z,click,Facebook\n"
        for number in range(count)
    )
    path = folder / f"{name}.csv"
    path.write_text(EVENTS.format(rows=rows))
    return path


def land(*paths: Path | str, **options: Any) -> None:
    where, options = settings("landed"), {"add": False, "max_rejected_share": 0.05} | options
    land_to_s3([str(path) for path in paths], where, **options)


def landed() -> dict[str, int]:
    rows = select(
        f"select _source_file, count(*) as n from {settings('landed').schema}_raw.ad_events"
        " group by 1"
    )
    return {name: int(count) for name, count in rows}


@pytest.fixture(scope="module", autouse=True)
def own_schema(stack: dict[str, str]) -> Iterator[None]:
    """Separate from the schema of the builds, whose raw tables are not changed."""
    schema = f"{stack['Schema']}_landing"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCIAL_ROI_SCHEMA", schema)
        # queries start in it
        boto3.client("glue").create_database(DatabaseInput={"Name": schema})
        yield
        for name in (schema, f"{schema}_raw"):
            boto3.client("glue").delete_database(Name=name)


@pytest.fixture
def two_files(tmp_path: Path) -> tuple[Path, Path]:
    return events(tmp_path, "one", 3), events(tmp_path, "two", 5)


def test_land_replaces_add_keeps_and_remove_takes_away(two_files: tuple[Path, Path]) -> None:
    one, two = two_files
    land(one)
    assert landed() == {"one.csv": 3}
    land(two, add=True)
    assert landed() == {"one.csv": 3, "two.csv": 5}
    events(two.parent, "two", 6)
    land(two, add=True)
    assert landed() == {"one.csv": 3, "two.csv": 6}
    two.write_text(two.read_text().replace("2026-03-01", "2026-03-02"))
    with pytest.raises(UserError, match=r"days that this one lacks \(2026-03-01, 6 rows\)"):
        land(two, add=True)
    land(remove=["one.csv"])
    assert landed() == {"two.csv": 6}
    land(one)
    assert landed() == {"one.csv": 3}


def test_orders_land_as_hashes_of_a_salt_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "order_id,ordered_at,revenue,email\nO-1,2026-03-01 10:00:00Z,25.00,ann@example.org\n"
    )
    monkeypatch.delenv("SOCIAL_ROI_SALT", raising=False)
    with pytest.raises(UserError, match="SOCIAL_ROI_SALT is not set"):
        land(orders)
    monkeypatch.setenv("SOCIAL_ROI_SALT", "a salt for tests, long enough")
    land(orders)
    [[order, account, revenue]] = select(
        f"select order_id, account_key, revenue from {settings('landed').schema}_raw.orders"
    )
    assert (order, revenue, len(account)) == ("O-1", "25.00", 32)


def test_objects_of_the_bucket_can_be_landed(two_files: tuple[Path, Path]) -> None:
    one, _ = two_files
    bucket = settings("landed").bucket
    boto3.client("s3").upload_file(str(one), bucket, "inbox/one.csv")
    land(f"s3://{bucket}/inbox/one.csv")
    assert landed() == {"one.csv": 3}
    land(f"s3://{bucket}/inbox/")
    assert landed() == {"one.csv": 3}
    for nowhere in ("outbox/", "in", "inbox/one"):
        with pytest.raises(UserError, match="nothing found"):
            land(f"s3://{bucket}/{nowhere}")


@pytest.mark.parametrize(
    "name",
    ["../evil.csv", "../../../evil.csv", "a/../../evil.csv", "/{folder}/evil.csv", "a//b.csv"],
)
def test_an_object_cannot_be_written_outside_the_folder_of_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    scratch, s3 = tmp_path / "some" / "scratch", boto3.client("s3")
    scratch.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    bucket, key = settings("landed").bucket, f"hostile/{name.format(folder=tmp_path)}"
    s3.put_object(Bucket=bucket, Key=key, Body=b"user_id\nu1\n")
    with pytest.raises(UserError, match="rename or remove it") as refused:
        land(f"s3://{bucket}/hostile/")
    assert key in str(refused.value)
    s3.delete_object(Bucket=bucket, Key=key)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_object_that_lies_below_another_one_is_one_line() -> None:
    bucket, s3 = settings("landed").bucket, boto3.client("s3")
    for key in ("both/a.csv", "both/a.csv/b.csv"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"user_id\nu1\n")
    with pytest.raises(UserError, match=r"both/a\.csv/b\.csv: cannot be read \("):
        land(f"s3://{bucket}/both/")


def test_messages_name_objects_as_they_were_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = settings("landed").bucket
    s3 = boto3.client("s3")
    s3.upload_file(str(events(tmp_path, "one", 3)), bucket, "mixed/one.csv")
    s3.put_object(Bucket=bucket, Key="mixed/notes.docx", Body=b"-")
    land(f"s3://{bucket}/mixed/")
    assert f"s3://{bucket}/mixed: passed over notes.docx" in capsys.readouterr().out
    s3.delete_object(Bucket=bucket, Key="mixed/one.csv")
    with pytest.raises(UserError, match=f"^s3://{bucket}/mixed: no files to land"):
        land(f"s3://{bucket}/mixed/")


def test_an_interrupted_upload_leaves_the_former_tables_readable(
    two_files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = two_files
    land(one)
    with monkeypatch.context() as patch:
        patch.setattr("social_roi.aws.land._register_raw", _broken_connection)
        with pytest.raises(ConnectionResetError):
            land(two)
    assert landed() == {"one.csv": 3}
    land(two)
    assert landed() == {"two.csv": 5}


def _broken_connection(*_: object) -> None:
    raise ConnectionResetError


def test_a_refused_file_leaves_the_former_tables_readable(
    two_files: tuple[Path, Path], tmp_path: Path
) -> None:
    one, _ = two_files
    land(one)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("colour,shape\nred,round\n")
    with pytest.raises(UserError, match=r"wrong\.csv"):
        land(wrong)
    assert landed() == {"one.csv": 3}


def test_only_the_current_and_the_former_version_stay_in_s3(two_files: tuple[Path, Path]) -> None:
    one, two = two_files
    for path in (one, two, one, two):
        land(path)
    schema = settings("landed").schema
    assert len({key.split("/")[2] for key in keys(f"raw/{schema}/")}) == 2
