"""Reports that a connector keeps in several tables land as one."""

from pathlib import Path

import duckdb
import pytest

from social_roi.errors import UserError
from social_roi.landing import land_files

FIVETRAN = {
    "basic_ad": """\
ad_id,date,account_id,impressions,inline_link_clicks,spend,_fivetran_synced
23849,2026-09-01,77,1000,20,12.5,2026-09-08 01:00:00
23850,2026-09-01,77,2000,30,22.5,2026-09-08 01:00:00
23849,2026-09-02,77,1100,21,13.0,2026-09-08 01:00:00
""",
    "basic_ad_actions": """\
ad_id,date,index,action_type,value,_7_d_click
23849,2026-09-01,0,link_click,20,20
23849,2026-09-01,1,purchase,2,2
23849,2026-09-01,2,omni_purchase,2,2
23849,2026-09-02,0,lead,3,3
""",
    "basic_ad_action_values": """\
ad_id,date,index,action_type,value
23849,2026-09-01,0,omni_purchase,88.50
23849,2026-09-01,1,purchase,88.50
""",
    "ad_history": """\
id,ad_set_id,campaign_id,name,_fivetran_synced
23849,5,9,Video A,2026-08-06
23849,5,9,Former name,2026-08-01
23850,5,9,Video B,2026-08-06
""",
    "campaign_history": "id,name,_fivetran_synced\n9,Spring,2026-08-06\n",
    "account_history": "id,name,currency,_fivetran_synced\n77,Acme,EUR,2026-08-06\n",
}
DLT = {
    "facebook_insights": """\
ad_id,date_start,date_stop,impressions,clicks,spend,_dlt_id
23849,2026-09-01,2026-09-01,1000,25,12.5,x1
23850,2026-09-01,2026-09-01,2000,33,22.5,x2
""",
    "facebook_insights__actions": """\
action_type,value,_dlt_parent_id,_dlt_list_idx,_dlt_id
purchase,2,x1,0,y1
omni_purchase,2,x1,1,y2
""",
}


def write(folder: Path, tables: dict[str, str], ending: str = ".csv") -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in tables.items():
        path = folder / f"{name}.csv"
        path.write_text(text, "utf-8")
        if ending == ".parquet":
            duckdb.sql(f"copy (from '{path}') to '{path.with_suffix(ending)}'")
            path.unlink()
    return folder


def landed(folder: Path, landed_dir: Path) -> list[tuple]:
    land_files([folder], landed_dir)
    return duckdb.sql(f"""
        select
            ad_id, period_start, spend, currency, campaign_id, campaign_name, ad_name,
            cast(reported_conversions as double), cast(reported_revenue as double),
            cast(reported_leads as double)
        from '{landed_dir}/current/ad_reports/*.parquet'
        order by _source_line
    """).fetchall()


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_tables_of_fivetran_are_one_report(tmp_path: Path, ending: str) -> None:
    rows = landed(write(tmp_path / "files", FIVETRAN, ending), tmp_path / "landed")
    spring = ("EUR", "9", "Spring")
    assert [(*row[:2], float(row[2]), *row[3:]) for row in rows] == [
        ("23849", "2026-09-01", 12.5, *spring, "Video A", 2, 88.5, None),
        ("23850", "2026-09-01", 22.5, *spring, "Video B", None, None, None),
        ("23849", "2026-09-02", 13.0, *spring, "Video A", None, None, 3),
    ]


def test_a_part_that_changed_is_read_again(tmp_path: Path) -> None:
    folder = write(tmp_path / "files", FIVETRAN)
    landed(folder, tmp_path / "landed")
    write(folder, {"campaign_history": "id,name,_fivetran_synced\n9,Summer,2026-08-06\n"})
    assert {row[5] for row in landed(folder, tmp_path / "landed")} == {"Summer"}


def test_child_tables_of_dlt_are_read_with_their_parent(tmp_path: Path) -> None:
    rows = landed(write(tmp_path / "files", DLT), tmp_path / "landed")
    assert [row[-3] for row in rows] == [2, None]


def test_conversions_without_their_report_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "files", {"facebook_insights__actions": DLT["facebook_insights"]})
    with pytest.raises(UserError, match="put facebook_insights into the same folder"):
        land_files([folder], tmp_path / "landed")


def test_a_part_without_its_key_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "files", DLT | {"facebook_insights__actions": "value\n2\n"})
    with pytest.raises(UserError, match="has no column _dlt_parent_id, action_type, which joins"):
        land_files([folder], tmp_path / "landed")
