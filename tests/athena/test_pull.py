"""Pulled reports on S3: what is there counts, not what the machine that pulls remembers."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import boto3
import pytest

from ad_interfaces import (
    GOOGLE_ACCOUNT,
    META_ACCOUNT,
    SECRET_VALUES,
    SECRETS,
    Interfaces,
    reported,
    serving,
    truth,
)
from social_roi.aws.glue import object_keys
from social_roi.aws.settings import settings
from social_roi.cli import main
from social_roi.dbt_runner import build_dir
from social_roi.pull import http

FIRST, LAST = date(2026, 10, 20), date(2026, 11, 14)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Interfaces]:
    interfaces = Interfaces()
    interfaces.cells = truth(FIRST, LAST)
    monkeypatch.setattr(http, "sleep", lambda seconds: None)
    with serving(interfaces) as address:
        for name, value in SECRETS.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("META_GRAPH_URL", address)
        monkeypatch.setenv("META_AD_ACCOUNT_ID", META_ACCOUNT)
        monkeypatch.setenv("GOOGLE_ADS_URL", address)
        monkeypatch.setenv("GOOGLE_TOKEN_URL", f"{address}/token")
        monkeypatch.setenv("GOOGLE_ADS_CUSTOMER_ID", GOOGLE_ACCOUNT)
        yield interfaces


def pulled() -> dict[str, bytes]:
    """The objects below the prefix of what was pulled."""
    where, s3 = settings("landed"), boto3.client("s3")
    prefix = f"raw/{where.schema}_pulled/"
    return {
        key.removeprefix(prefix): s3.get_object(Bucket=where.bucket, Key=key)["Body"].read()
        for key in object_keys(s3, where.bucket, prefix)
    }


def test_a_pull_to_s3_goes_on_on_another_machine(
    server: Interfaces, capsys: pytest.CaptureFixture[str]
) -> None:
    since = ["--target", "athena", "--since", str(FIRST)]
    assert main(["pull", "meta", "google", *since]) == 0
    there = pulled()
    months = {f"{month}.json" for month in ("2026-10", "2026-11")}
    for account in (f"meta/act_{META_ACCOUNT}", f"google/{GOOGLE_ACCOUNT}"):
        assert {name.rpartition("/")[2] for name in there if name.startswith(account)} == {
            *months,
            ".state.json",
        }
    assert len(there) == 2 + 24
    for content in there.values():
        assert not any(value.encode() in content for value in SECRET_VALUES)
    # nothing is left here, and nothing here is needed
    assert list(build_dir().rglob("2026-1*.json")) == []
    shutil.rmtree(build_dir() / "pulled_to_s3")
    asked = server.count("searchStream")
    assert main(["pull", "google", "--target", "athena", "--until", "2026-11-14"]) == 0
    # October and November again, for their last 28 days
    assert server.count("searchStream") == asked + 1 + 12
    assert pulled().keys() == there.keys()
    # landed from there, as any prefix
    where = settings("landed")
    assert f"s3://{where.bucket}/raw/{where.schema}_pulled/" in capsys.readouterr().err
    # one account: the other one's currency has no exchange rate here
    prefix = f"s3://{where.bucket}/raw/{where.schema}_pulled/google/"
    assert main(["land", "--target", "athena", prefix]) == 0
    rows = len(reported(server.cells, "campaign", FIRST, date(2026, 10, 31)))
    told = f"{GOOGLE_ACCOUNT}/campaign/2026-10.json: ad_reports (google_search_stream), "
    assert f"{told}{rows} rows" in capsys.readouterr().out
    # landing removes former generations beside it, and not this
    assert pulled().keys() == there.keys()


def test_tokens_and_accounts_come_from_secrets_manager(
    server: Interfaces,
    stack: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = f"{stack['Stack']}/ads"
    told = SECRETS | {"META_AD_ACCOUNT_ID": META_ACCOUNT, "GOOGLE_ADS_CUSTOMER_ID": GOOGLE_ACCOUNT}
    for variable in told:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
    monkeypatch.setenv("SOCIAL_ROI_SECRET", name)
    since = ["--since", "2026-11-09"]
    assert main(["pull", "meta", *since]) == 2
    assert f"the secret {name}: " in capsys.readouterr().err
    client = boto3.client("secretsmanager")
    client.create_secret(Name=name, SecretString=json.dumps(told))
    try:
        assert main(["pull", "meta", "google", *since]) == 0
    finally:
        client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert len(list((tmp_path / "build" / "pulled").rglob("2026-11.json"))) == 12
