"""The original's public file: the figures that a query engine printed are reproduced exactly."""

from decimal import Decimal
from pathlib import Path

import pytest
from conftest import query

pytestmark = pytest.mark.build


def test_device_funnel_is_the_published_one(public_database: Path) -> None:
    rows = query(
        public_database,
        """
        select device_type, impressions, clicks, conversions, round(100 * ctr, 2)
        from rpt_device_funnel order by 1
        """,
    )
    assert rows == [
        ("Desktop", 1413, 735, 87, 52.02),
        ("Mobile", 1434, 758, 82, 52.86),
        ("Tablet", 1294, 767, 66, 59.27),
    ]


def test_platforms_spend_cost_per_impression_times_impressions(public_database: Path) -> None:
    rows = query(
        public_database,
        """
        select funnel.ad_platform, impressions, clicks, funnel.conversions, roi.spend, roi.verdict
        from rpt_platform_funnel as funnel
        join rpt_platform_roi as roi using (ad_platform)
        where attribution_model = 'last_touch' order by 1
        """,
    )
    assert rows == [
        ("Facebook", 2032, 1086, 110, Decimal("60.9600"), "cannot_tell"),
        ("Instagram", 2109, 1174, 125, Decimal("84.3600"), "cannot_tell"),
    ]


def test_every_row_is_used(public_database: Path) -> None:
    assert query(public_database, "select landed, staged, rejected from rpt_data_quality") == [
        (500, 500, 0)
    ]
    assert query(
        public_database,
        "select ad_platform, count(*) from fct_customer_journey group by 1 order by 1",
    ) == [("Facebook", 246), ("Instagram", 254)]


def test_one_row_per_user_opens_and_closes_on_one_platform(public_database: Path) -> None:
    rows = query(
        public_database,
        """
        select ad_platform, attribution_model, conversions from rpt_platform_attribution
        where attribution_model in ('first_touch', 'last_touch') order by 1, 2
        """,
    )
    assert rows == [
        ("Facebook", "first_touch", 110.0),
        ("Facebook", "last_touch", 110.0),
        ("Instagram", "first_touch", 125.0),
        ("Instagram", "last_touch", 125.0),
    ]


def test_simulated_money_is_marked_everywhere(public_database: Path) -> None:
    assert query(public_database, "select bool_and(is_simulated) from rpt_platform_roi") == [
        (True,)
    ]
    assert query(
        public_database,
        """
        select bool_and(is_revenue_simulated), min(revenue) >= 10, max(revenue) <= 100
        from fct_conversions
        """,
    ) == [(True, True, True)]


def test_weekdays_alone_give_an_order_and_no_dates(public_database: Path) -> None:
    assert query(
        public_database,
        """
        select
            bool_and(is_order_approximate),
            min(touched_at)::date::text,
            max(touched_at)::date::text
        from fct_customer_journey
        """,
    ) == [(True, "1970-01-05", "1970-01-11")]
    assert query(public_database, "select count(recency_days) from int_user_features") == [(0,)]
