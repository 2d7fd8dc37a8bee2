"""The package from a wheel, in an environment and a folder without the checkout."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import duckdb
import pytest
from conftest import copy_checkout

from social_roi.dbt_runner import PROJECT
from social_roi.errors import UserError
from social_roi.starter import write_project

EVENTS = """\
event_id,user_id,occurred_at,event_type,ad_platform,conversion_id,revenue
1,a,2026-01-01 10:00:00,impression,Fratzenbuch,,
2,a,2026-01-01 10:05:00,click,Fratzenbuch,,
3,a,2026-01-02 09:00:00,conversion,,c1,12.50
4,b,2026-01-02 09:30:00,click,TikTok,,
"""


def test_init_writes_a_project_and_no_second_time(tmp_path: Path) -> None:
    written = write_project(tmp_path / "9 Ads & more")
    names = {path.relative_to(tmp_path / "9 Ads & more").as_posix() for path in written}
    assert {"dbt_project.yml", "profiles.yml", "packages.yml", ".gitignore"} <= names
    assert "seeds/lookups/spellings.csv" in names
    settings = (tmp_path / "9 Ads & more" / "dbt_project.yml").read_text()
    assert "name: ads_9_ads_more\n" in settings
    assert "__" not in settings
    assert (tmp_path / "9 Ads & more" / "dbt_packages" / "social_roi").resolve() == PROJECT
    with pytest.raises(UserError, match="something already"):
        write_project(tmp_path / "9 Ads & more")


@pytest.fixture(scope="module")
def social_roi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, installed from a wheel into an empty environment. Other packages are those of
    this environment: nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    copy_checkout(source)
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-index"]
    subprocess.run(
        [*pip, "wheel", *offline, "--no-build-isolation", "-w", folder / "dist", source], check=True
    )
    shutil.rmtree(source)
    venv.create(folder / "env", with_pip=False)
    [packages] = (folder / "env").glob("lib/python*/site-packages")
    others = next(path for path in map(Path, sys.path) if (path / "duckdb").is_dir())
    # a .pth file found by way of another one is not read: the checkout stays out
    (packages / "others.pth").write_text(f"{others}\n")
    [wheel] = (folder / "dist").glob("*.whl")
    python = folder / "env" / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", *offline, wheel], check=True)
    return folder / "env" / "bin" / "social-roi"


def run(command: Path, *arguments: str, folder: Path) -> str:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SOCIAL_ROI_", "DBT_", "PYTHONPATH", "VIRTUAL_ENV"))
    }
    done = subprocess.run(
        [command, *arguments], cwd=folder, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.build
def test_the_demo_in_an_empty_folder(social_roi: Path, tmp_path: Path) -> None:
    shown = run(social_roi, "build", folder=tmp_path)
    assert shown.startswith("DEMO (invented data)")
    assert {path.name for path in tmp_path.iterdir()} == {"build"}
    for made in ("demo.duckdb", "report/demo/index.html", "report/demo/docs.html"):
        assert (tmp_path / "build" / made).exists(), made
    # the wheel has the interfaces, too
    with pytest.raises(AssertionError, match="GOOGLE_ADS_DEVELOPER_TOKEN"):
        run(social_roi, "pull", "google", folder=tmp_path)


@pytest.mark.build
def test_own_files_in_a_project_of_ones_own(social_roi: Path, tmp_path: Path) -> None:
    own = tmp_path / "my ads"
    run(social_roi, "init", str(own), folder=tmp_path)
    (own / "exports" / "events.csv").write_text(EVENTS)
    with (own / "seeds" / "lookups" / "spellings.csv").open("a") as spellings:
        spellings.write("platform,fratzenbuch,Facebook\n")
    settings = (own / "dbt_project.yml").read_text()
    changed = settings.replace("lookback_days: 30", "lookback_days: 5")
    (own / "dbt_project.yml").write_text(changed)
    shown = run(social_roi, "build", "--data", "exports", folder=own)
    assert "\nData: ads of 2026-01-01 to 2026-01-02; events.csv" in shown
    assert (own / "build" / "report" / "landed" / "index.html").exists()
    with duckdb.connect(str(own / "build" / "landed.duckdb"), read_only=True) as con:
        platforms = con.execute(
            "select distinct ad_platform from marts.rpt_platform_roi"
        ).fetchall()
        assert ("Facebook",) in platforms
        assert con.execute("select lookback_days from marts.rpt_totals").fetchall() == [(5,)]
    (own / "dbt_project.yml").write_text(changed.replace("lookback_days", "lookback_dayz"))
    with pytest.raises(AssertionError, match="did you mean lookback_days"):
        run(social_roi, "build", "--data", "exports", folder=own)
