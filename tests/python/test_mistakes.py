"""Five mistakes of a published analysis, introduced one at a time: a dbt test catches each."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from social_roi import dbt_runner
from social_roi.errors import UserError

pytestmark = pytest.mark.build


class Mistake(NamedTuple):
    """The replaced text and its file, the models to rebuild, and the test that must fail."""

    file: str
    right: str
    wrong: str
    select: str
    caught_by: str


MISTAKES = {
    "a join on a key that is not unique multiplies every count": Mistake(
        "models/marts/funnel/rpt_device_funnel.sql",
        "from {{ ref('int_funnel_by_user') }}",
        "from {{ ref('int_funnel_by_user') }}"
        " inner join {{ ref('dim_campaigns') }} as campaigns using (ad_platform)",
        "rpt_device_funnel",
        "assert_device_funnel_counts_every_event",
    ),
    "ROI is revenue by spend": Mistake(
        "macros/roi.sql",
        "margin_of(revenue) ~ ' - cast(' ~ spend ~ ' as double)'",
        "margin_of(revenue)",
        "rpt_platform_roi rpt_campaign_roi assert_roi_is_roas_less_one",
        "assert_roi_is_roas_less_one",
    ),
    "days are sorted by name": Mistake(
        "macros/interactions.sql",
        "['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']",
        "['fri', 'mon', 'sat', 'sun', 'thu', 'tue', 'wed']",
        "stg_ad_interactions",
        "weekday",
    ),
    "first touch and last touch are one chart": Mistake(
        "macros/attribution.sql",
        "case when touch_index = touches_in_path then 1",
        "case when touch_index = 1 then 1",
        "int_conversion_paths+",
        "assert_planted_truth_is_recovered",
    ),
    "headline figures do not come from the data": Mistake(
        "models/marts/roi/rpt_platform_roi.sql",
        "return_columns()",
        "return_columns() | replace(' as roi,', ' * 0e0 + 3.2e0 as roi,')",
        "rpt_platform_roi assert_roi_is_roas_less_one",
        "assert_roi_is_roas_less_one",
    ),
    "segments are the devices": Mistake(
        "models/intermediate/segments/int_user_features.sql",
        "{{ 0.5 ** 0.5 }}e0",
        "10e0",
        "int_user_features+",
        "assert_planted_user_kinds_are_recovered",
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project that may be changed: one, so that dbt reads only changes anew."""
    folder = tmp_path_factory.mktemp("mistakes") / "project"
    for name in ("models", "macros", "seeds", "data-tests"):
        shutil.copytree(dbt_runner.PROJECT / name, folder / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy2(dbt_runner.PROJECT / name, folder / name)
    (folder / "python").symlink_to(dbt_runner.PROJECT / "python")
    return folder


@pytest.fixture
def copied_project(project: Path, demo_database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The copy, with the demo built correctly."""
    build = project.parent / "build"
    build.mkdir(exist_ok=True)
    shutil.copy2(demo_database, build / "demo.duckdb")
    monkeypatch.setattr(dbt_runner, "PROJECT", project)
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(build))
    return project


@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_is_caught(name: str, copied_project: Path) -> None:
    mistake = MISTAKES[name]
    path = copied_project / mistake.file
    text = path.read_text()
    assert mistake.right in text
    command = ["build", "--select", *mistake.select.split()]
    if not mistake.caught_by.startswith("weekday"):
        # a unit test would catch it and stop the build before the data tests run
        command += ["--exclude", "resource_type:unit_test"]
    path.write_text(text.replace(mistake.right, mistake.wrong))
    try:
        with pytest.raises(UserError) as caught:
            dbt_runner.run_dbt(command, "duckdb", {"input": "demo"})
    finally:
        path.write_text(text)
    failed = [line.strip() for line in str(caught.value).splitlines()[1:]]
    assert any(mistake.caught_by in line for line in failed), failed
