"""When it goes wrong: one clear line, exit code 2, and a second run completes the work."""

import boto3
import pytest

from athena.conftest import public_file
from social_roi.cli import main


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("social-roi: ")
    assert "Traceback" not in error
    return error


def test_without_credentials(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    error = refused(capsys, "build", "--target", "athena")
    assert "no AWS credentials" in error
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def test_without_the_bucket(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUCKET", "nobody-has-this-bucket")
    error = refused(capsys, "build", "--target", "athena")
    assert "nobody-has-this-bucket" in error
    assert "SOCIAL_ROI_BUCKET" in error
    error = refused(capsys, "land", "--target", "athena", str(public_file()))
    assert "SOCIAL_ROI_BUCKET" in error


def test_without_the_work_group(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_WORK_GROUP", "nobody_has_this_group")
    error = refused(capsys, "build", "--target", "athena")
    assert "nobody_has_this_group" in error
    assert "SOCIAL_ROI_WORK_GROUP" in error


def test_without_a_connection(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    error = refused(capsys, "build", "--target", "athena")
    assert "no connection to AWS" in error
