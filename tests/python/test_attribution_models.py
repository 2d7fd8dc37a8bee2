"""The attribution models, as dbt compiles them, run on DuckDB: against vectors and a reference.

The SQL of every model is compiled once; a test then runs it on its own few rows in memory.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_attribution import PATHS, VECTORS, edges_of, expected

from social_roi.dbt_runner import PROJECT, run_dbt
from social_roi.landing.raw_tables import LANDED_FILES, LANDING_REJECTS, RAW_TABLES, SOURCE_COLUMNS
from social_roi.pipeline import downstream_of
from social_roi.solvers.markov import BUCKETS, attribution_intervals, removal_effects

pytestmark = pytest.mark.build

RULES = ["first_touch", "last_touch", "linear", "position_based", "time_decay", "shapley"]
TOUCH_MODELS = [*RULES, "markov_path", "platform_rule"]
REPORTS = [
    *["rpt_platform_claims", "rpt_attribution_sensitivity_summary", "rpt_platform_roi"],
    *["rpt_campaign_attribution", "rpt_conversion_paths", "rpt_time_to_conversion"],
    *["rpt_path_length", "rpt_attribution_quality", "rpt_platform_attribution"],
]
EFFECT_INPUTS = ["int_markov_transitions", "int_markov_channels"]
INTERVAL_INPUTS = [
    "int_bootstrap_credits",
    "int_bootstrap_path_profiles",
    *EFFECT_INPUTS,
    "int_bootstrap_totals",
]
# with a time of day: a file of conversions at midnight holds dates only
START = datetime(2026, 3, 1, 9)
DAY = 24 * 3600 * 1000


@dataclass(frozen=True)
class Model:
    name: str
    relation: str
    sql: str = field(repr=False)


Rows = list[tuple]
Compile = Callable[..., list[Model]]


def run_sql(node: Any) -> str:
    """The SQL that creates a node's table; a solver's result is registered as `solved` before."""
    if node.resource_type == "seed":
        path, types = PROJECT / node.original_file_path, node.config.column_types
        return f"from read_csv('{path}', header = true, types = {types})"
    return "from solved" if node.language == "python" else node.compiled_code


@pytest.fixture(scope="session")
def compile_models(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """The models in the order in which they can run, compiled by dbt once for each variables."""
    made: dict[str, list[Model]] = {}
    folder = tmp_path_factory.mktemp("compiled")

    def compiled(**variables: Any) -> list[Model]:
        if str(variables) not in made:
            command = ["compile", "--exclude", "resource_type:test", "resource_type:unit_test"]
            command += ["--select", *[f"+{report}" for report in REPORTS]]
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("SOCIAL_ROI_BUILD", str(folder))
                result = run_dbt(command, "duckdb", {"input": "landed", **variables})
            made[str(variables)] = [
                Model(node.name, node.relation_name, run_sql(node))
                for node in (run.node for run in result.results)
            ]
        return made[str(variables)]

    return compiled


@pytest.fixture(scope="session")
def models(compile_models: Compile) -> list[Model]:
    return compile_models()


def build(
    models: list[Model],
    events: list[dict[str, Any]],
    spend: list[dict[str, Any]] = (),
    **others: list[dict[str, Any]],
) -> duckdb.DuckDBPyConnection:
    """All models on these raw rows, in memory. others: rows by raw table."""
    con = duckdb.connect()
    con.execute("attach ':memory:' as landed; use landed; set TimeZone = 'UTC'")
    con.execute("set integer_division = true; set threads = 1")
    con.execute("create schema raw; create schema lookups; create schema marts")
    raw = {"ad_events": events, "ad_spend": spend, **others}
    for name, columns in RAW_TABLES.items():
        create(
            con,
            f"raw.{name}",
            [*[column.name for column in columns], *SOURCE_COLUMNS],
            raw.get(name),
        )
    create(con, "raw.landed_files", LANDED_FILES)
    create(con, "raw.landing_rejects", LANDING_REJECTS)
    con.execute("use landed.marts")
    for model in models:
        if model.name == "removal_effects":
            con.register("solved", removal_effects(*tables(con, EFFECT_INPUTS)))
        elif model.name == "attribution_intervals":
            con.register(
                "solved", attribution_intervals(*tables(con, INTERVAL_INPUTS), replicates=20)
            )
        con.execute(f"create table {model.relation} as {model.sql}")
    return con


def create(
    con: duckdb.DuckDBPyConnection,
    name: str,
    columns: Any,
    rows: list[dict[str, Any]] | None = None,
) -> None:
    typed = ", ".join(
        f"{column} {'bigint' if column == '_source_line' else 'varchar'}" for column in columns
    )
    con.execute(f"create table {name} ({typed})")
    if rows:
        landed = pd.DataFrame(rows, dtype="str")
        if "_source_file" not in landed:
            landed["_source_file"] = "a.csv"
        landed["_source_line"] = range(2, len(rows) + 2)
        con.register("landed_rows", landed)
        con.execute(f"insert into {name} by name from landed_rows")


def table(con: duckdb.DuckDBPyConnection, name: str) -> pd.DataFrame:
    return con.execute(f"from {name}").df()


def tables(con: duckdb.DuckDBPyConnection, names: list[str]) -> list[pd.DataFrame]:
    return [table(con, name) for name in names]


def at(milliseconds: int) -> str:
    return (START + timedelta(milliseconds=milliseconds)).isoformat(" ", "milliseconds")


def touch(
    number: Any, user: str, when: int | str, platform: str, kind: str = "click", **more: Any
) -> dict[str, Any]:
    return {
        "event_id": str(number),
        "user_id": user,
        "occurred_at": when if isinstance(when, str) else at(when),
        "event_type": kind,
        "ad_platform": platform,
        **more,
    }


def conversion(number: Any, user: str, when: int | str, revenue: Any = None) -> dict[str, Any]:
    return {
        "event_id": str(number),
        "user_id": user,
        "occurred_at": when if isinstance(when, str) else at(when),
        "event_type": "conversion",
        "revenue": None if revenue is None else str(revenue),
    }


def credits(con: duckdb.DuckDBPyConnection, model: str) -> dict[str, dict[str | None, float]]:
    """Conversion -> touch -> credit; the touch None is unattributed."""
    found: dict[str, dict[str | None, float]] = defaultdict(dict)
    for conversion_id, touch_id, credit in con.execute(
        "select conversion_id, touch_id, credit from fct_attribution_credits"
        f" where attribution_model = '{model}'"
    ).fetchall():
        found[conversion_id][touch_id] = float(credit)
    return dict(found)


def by_platform(con: duckdb.DuckDBPyConnection, model: str, measure: str) -> dict[str, float]:
    rows = con.execute(
        f"select lower(ad_platform), {measure} from rpt_platform_attribution"
        f" where attribution_model = '{model}' and ad_platform <> 'unattributed'"
    ).fetchall()
    return {platform: float(value) for platform, value in rows}


# Vectors


def path_events(name: str) -> list[dict[str, Any]]:
    """One user per journey; a path's whole value is on its first conversion."""
    events: list[dict[str, Any]] = []
    for row in pd.read_csv(VECTORS / f"{name}.csv").itertuples():
        for journey in range(row.total_conversions + row.total_null):
            user = f"u{row.Index}-{journey}"
            path = row.path.split(" > ")
            events += [
                touch(f"{user}-{step}", user, step * 1000, platform)
                for step, platform in enumerate(path)
            ]
            if journey < row.total_conversions:
                value = row.total_conversion_value if journey == 0 else 0
                events.append(conversion(f"{user}-c", user, len(path) * 1000, value))
    return events


@pytest.mark.parametrize("name", PATHS)
def test_rules_give_the_exact_answers(models: list[Model], name: str) -> None:
    con = build(models, path_events(name))
    for model, vector in {
        "first_touch": "first_touch",
        "last_touch": "last_touch",
        "linear": "linear_touch",
        "position_based": "position_40_20_40",
        "shapley": "shapley_simplified",
    }.items():
        exact = {
            name.lower(): value for name, value in expected(name, vector, "conversions").items()
        }
        found = by_platform(con, model, "conversions")
        assert {key: found[key] for key in exact} == pytest.approx(exact, abs=1e-9)
        value = {name.lower(): value for name, value in expected(name, vector, "value").items()}
        rows = con.execute(
            f"""
            select lower(credits.ad_platform), sum(cast(credit as double) * conversions.revenue)
            from fct_attribution_credits as credits
            join fct_conversions as conversions using (conversion_id)
            where attribution_model = '{model}' group by all
            """
        ).fetchall()
        money = defaultdict(float, rows)
        assert {key: money[key] for key in value} == pytest.approx(value, abs=1e-8)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_markov_gives_the_exact_answers(compile_models: Compile, order: int) -> None:
    models = compile_models(markov_order=order) if order > 1 else compile_models()
    for name in PATHS:
        con = build(models, path_events(name))
        vector = f"markov_{order}"
        effects = expected(name, vector, "removal_effect")
        rows = con.execute(
            "select ad_platform, removal_effect from removal_effects where level = 'platform'"
        ).fetchall()
        assert {platform.lower(): effect for platform, effect in rows} == pytest.approx(
            {channel.lower(): effect for channel, effect in effects.items()}, abs=1e-12
        )
        exact = expected(name, vector, "conversions")
        assert by_platform(con, "markov", "conversions") == pytest.approx(
            {channel.lower(): value for channel, value in exact.items()}, abs=1e-10
        )
        revenue = pd.read_csv(VECTORS / f"{name}.csv")["total_conversion_value"].sum()
        assert sum(by_platform(con, "markov", "revenue").values()) == pytest.approx(
            revenue, abs=1e-9
        )


@pytest.fixture(scope="module")
def timed(models: list[Model]) -> duckdb.DuckDBPyConnection:
    """The edges of the windows: vector t4."""
    touches = pd.read_csv(VECTORS / "t4_touches.csv")
    conversions = pd.read_csv(VECTORS / "t4_conversions.csv")
    events = [
        touch(row.touch_id, row.user_id, row.touch_ts, row.channel, row.interaction)
        for row in touches.itertuples()
    ]
    events += [
        conversion(row.conversion_id, row.user_id, row.conversion_ts, row.value)
        for row in conversions.itertuples()
    ]
    return build(models, events)


@pytest.mark.parametrize(
    ("model", "column"),
    [
        ("first_touch", "first_touch_30d_exact"),
        ("last_touch", "last_touch_30d_exact"),
        ("platform_rule", "meta_7dc_1dv_last_touch"),
    ],
)
def test_windows_and_ties_give_the_exact_answers(
    timed: duckdb.DuckDBPyConnection, model: str, column: str
) -> None:
    answers = pd.read_csv(VECTORS / "t4_expected_credit.csv").set_index("conversion_id")[column]
    rows = timed.execute(
        "select conversion_id, ad_platform, credit from fct_attribution_credits"
        f" where attribution_model = '{model}'"
    ).fetchall()
    assert {credit for _, _, credit in rows} == {1}
    assert {conversion_id: platform.lower() for conversion_id, platform, _ in rows} == {
        conversion_id: answer.strip("()").lower() for conversion_id, answer in answers.items()
    }


def test_touches_in_the_window_are_those_of_exact_seconds(timed: duckdb.DuckDBPyConnection) -> None:
    answers = pd.read_csv(VECTORS / "t4_expected_window_membership.csv")
    inside = answers[answers["in_30d_exact"]]
    rows = timed.execute("select conversion_id, touch_id from int_conversion_paths").fetchall()
    assert sorted(rows) == sorted(zip(inside["conversion_id"], inside["touch_id"], strict=True))


def test_time_decay_halves_every_seven_days(models: list[Model]) -> None:
    journeys = pd.read_csv(VECTORS / "t5_time_decay.csv")
    events: list[dict[str, Any]] = []
    answers = {}
    for row in journeys.itertuples():
        path = row.path.split(" > ")
        hours = [float(age) for age in str(row.hours_before_conversion).split(" > ")]
        events += [
            touch(f"{row.journey_id}-{step}", row.journey_id, round(-age * 3600_000), platform)
            for step, (platform, age) in enumerate(zip(path, hours, strict=True))
        ]
        if row.converted:
            events.append(conversion(row.journey_id, row.journey_id, 0, row.value))
            weights = [0.5 ** (age / 168) for age in hours]
            inside = {step: weights[step] for step, age in enumerate(hours) if age <= 720}
            answers[row.journey_id] = {
                f"{row.journey_id}-{step}": weight / sum(inside.values())
                for step, weight in inside.items()
            }
    found = credits(build(models, events), "time_decay")
    assert found.keys() == answers.keys()
    for journey, weights in answers.items():
        assert found[journey] == pytest.approx(weights, abs=1e-9)


# Errors of other tools


def test_credit_is_not_lost_where_values_differ(models: list[Model]) -> None:
    events = []
    for user, revenue in {"u1": "10.00", "u2": "0.01", "u3": "333.33", "u4": "9999999.99"}.items():
        events += [
            touch(f"{user}{step}", user, step, platform) for step, platform in enumerate("abc")
        ]
        events.append(conversion(f"{user}c", user, 10, revenue))
    con = build(models, events)
    for model in [*TOUCH_MODELS, "markov"]:
        assert sum(by_platform(con, model, "conversions").values()) == pytest.approx(4, abs=1e-9)
        assert sum(by_platform(con, model, "revenue").values()) == pytest.approx(
            10000343.33, abs=1e-6
        )


def test_windows_are_not_counted_in_calendar_days(models: list[Model]) -> None:
    events = [
        touch("inside", "u1", "2026-03-01 23:59:59.000", "a"),
        conversion("c1", "u1", "2026-03-31 23:59:59.000"),
        touch("outside", "u2", "2026-03-01 00:30:00.000", "a"),
        conversion("c2", "u2", "2026-03-31 23:30:00.000"),
        touch("a millisecond", "u3", "2026-03-01 00:00:00.000", "a"),
        conversion("c3", "u3", "2026-03-31 00:00:00.001"),
    ]
    found = credits(build(models, events), "last_touch")
    assert found == {"c1": {"inside": 1}, "c2": {None: 1}, "c3": {None: 1}}


def test_a_touch_after_the_conversion_gets_no_credit(models: list[Model]) -> None:
    events = [
        touch("before", "u", 0, "a"),
        conversion("c", "u", 1000),
        touch("after", "u", 1001, "b"),
    ]
    con = build(models, events)
    for model in TOUCH_MODELS:
        assert credits(con, model) == {"c": {"before": 1}}


def test_ties_are_not_decided_by_chance(models: list[Model]) -> None:
    tied = [
        touch(name, "u", 0, name, kind)
        for name, kind in zip("dabc", ["view", "click"] * 2, strict=True)
    ]
    events = [*tied, conversion("won", "u", 1000)]
    for rows in (events, events[::-1], [events[index] for index in (2, 4, 0, 3, 1)]):
        con = build(models, rows)
        assert credits(con, "first_touch") == {"won": {"b": 1}}
        assert credits(con, "last_touch") == {"won": {"c": 1}}
        assert credits(con, "platform_rule") == {"won": {"c": 1}}


def test_a_platform_with_spend_but_no_credit_is_not_dropped(models: list[Model]) -> None:
    events = [touch("t", "u", 0, "a"), conversion("c", "u", 1000, 10), touch("n", "v", 0, "a")]
    spend = [
        {"spend_date": "2026-03-01", "ad_platform": platform, "campaign_id": "x", "spend": "5"}
        for platform in ("a", "only spend")
    ]
    con = build(models, events, spend)
    for model in [*TOUCH_MODELS, "markov"]:
        row = con.execute(
            "select spend, conversions, revenue, roi, cpa, verdict from rpt_platform_roi"
            f" where ad_platform = 'only spend' and attribution_model = '{model}'"
        ).fetchall()
        assert row == [(5, 0, 0, -1, None, "cannot_tell")]
        assert by_platform(con, model, "share") == {"a": 1, "only spend": 0}
    lookbacks = con.execute(
        "select count(*) from rpt_attribution_sensitivity where ad_platform = 'only spend'"
    ).fetchall()
    assert lookbacks == [(len(RULES) * 6,)]


def test_a_conversion_of_no_value_is_not_dropped(models: list[Model]) -> None:
    events = []
    for user, revenue in {"u1": 0, "u2": None, "u3": 10}.items():
        events += [touch(f"{user}t", user, 0, "a"), conversion(f"{user}c", user, 1, revenue)]
    con = build(models, events)
    for model in TOUCH_MODELS:
        assert set(credits(con, model)) == {"u1c", "u2c", "u3c"}
        assert by_platform(con, model, "conversions") == {"a": 3}


def test_revenue_on_a_row_that_is_no_conversion_is_not_credited(models: list[Model]) -> None:
    events = [touch("t", "u", 0, "a", revenue="500"), conversion("c", "u", 1000, 10)]
    con = build(models, events)
    for model in TOUCH_MODELS:
        assert by_platform(con, model, "revenue") == {"a": 10}


def test_a_conversion_without_touch_is_not_lost(models: list[Model]) -> None:
    events = [conversion("alone", "u", 0, 7), touch("t", "v", 0, "a"), conversion("c", "v", 1, 3)]
    con = build(models, events)
    for model in TOUCH_MODELS:
        assert credits(con, model)["alone"] == {None: 1}
    rows = con.execute(
        "select distinct conversions, revenue, share from rpt_platform_attribution"
        " where ad_platform = 'unattributed'"
    ).fetchall()
    assert rows == [(1, 7, None)]


def test_platforms_claim_the_same_conversion_each_for_itself(models: list[Model]) -> None:
    events = [
        touch("1", "u", 0, "a"),
        touch("2", "u", 1, "b"),
        conversion("c1", "u", 2, 10),
        touch("3", "v", 0, "a"),
        conversion("c2", "v", 2, 5),
        touch("4", "w", -8 * DAY, "b"),
        conversion("c3", "w", 2, 1),
    ]
    con = build(models, events)
    rows = con.execute(
        "select ad_platform, claimed_conversions, credited_conversions, overclaimed_conversions,"
        " also_claimed_by_others, claimed_revenue from rpt_platform_claims order by 1"
    ).fetchall()
    assert rows == [("a", 2, 1, 1, 1, 15), ("b", 1, 2, -1, 1, 10)]


def test_paths_of_a_platform_newer_than_the_solve_are_split_as_linear(models: list[Model]) -> None:
    events = [touch(platform, "u", step, platform) for step, platform in enumerate("aab")]
    con = build(models, [*events, conversion("c", "u", 10, 1)])
    con.execute("delete from removal_effects where ad_platform = 'b'")
    again = [
        model
        for model in models
        if model.name
        in ("int_cumulative_weights", "fct_attribution_credits", "rpt_attribution_quality")
    ]
    for model in again:
        con.execute(f"create or replace table {model.relation} as {model.sql}")
    assert credits(con, "markov_path") == credits(con, "linear")
    assert con.execute(
        "select markov_path_split_as_linear from rpt_attribution_quality"
    ).fetchall() == [(1,)]


def test_after_solving_attribution_no_test_reads_a_table_that_may_not_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path))
    words = downstream_of(["removal_effects", "attribution_intervals"])
    command = ["ls", "--resource-type", "test", "--output", "name", *words]
    names = run_dbt(command, "duckdb", {"input": "demo"})
    assert "assert_attribution_shares_sum_to_one" in names
    # it also reads segment_selection and reports that attribution does not build
    assert "assert_planted_truth_is_recovered" not in names


# Against a reference in plain Python

# every example is a build of half a second: too slow to shrink
BUILDS = settings(deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
PLATFORMS = ["a", "b", "(start)", "x > y"]
OFFSETS = st.builds(
    lambda days, milliseconds: days * DAY + milliseconds,
    st.sampled_from([0, 1, 3, 7, 14, 29, 30, 31, 60, 91]),
    st.sampled_from([-1, 0, 0, 1]),
)


@dataclass(frozen=True)
class Touch:
    name: str
    when: int
    platform: str
    kind: str


@dataclass(frozen=True)
class User:
    name: str
    touches: list[Touch]
    conversions: list[tuple[str, int, Decimal | None]]


@st.composite
def users(draw: st.DrawFn, count: int = 6) -> list[User]:
    kinds = st.sampled_from(["click", "view"])
    revenues = st.one_of(st.none(), st.sampled_from(["0", "0.01", "10", "99.99", "12345.67"]))
    found = []
    for number in range(draw(st.integers(1, count))):
        touches = draw(st.lists(st.tuples(OFFSETS, st.sampled_from(PLATFORMS), kinds), max_size=7))
        bought = draw(st.lists(st.tuples(st.sampled_from([0, 5 * DAY]), revenues), max_size=2))
        found.append(
            User(
                f"u{number}",
                [
                    Touch(f"t{number}-{index}", -age, platform, kind)
                    for index, (age, platform, kind) in enumerate(touches)
                ],
                [
                    (f"c{number}-{index}", when, None if revenue is None else Decimal(revenue))
                    for index, (when, revenue) in enumerate(bought)
                ],
            )
        )
    return found


def events_of(everyone: list[User]) -> list[dict[str, Any]]:
    events = []
    for user in everyone:
        events += [touch(t.name, user.name, t.when, t.platform, t.kind) for t in user.touches]
        events += [
            conversion(name, user.name, when, revenue) for name, when, revenue in user.conversions
        ]
    return events


def in_order(touches: list[Touch]) -> list[Touch]:
    return sorted(touches, key=lambda t: (t.when, t.kind == "click", t.name))


def path_of(user: User, when: int, days: int) -> list[Touch]:
    return in_order([t for t in user.touches if 0 <= when - t.when <= days * DAY])


def reference_weights(path: list[Touch], model: str) -> dict[str | None, float]:
    count = len(path)
    if not count:
        return {None: 1.0}
    if model == "first_touch":
        weights = [float(index == 0) for index in range(count)]
    elif model == "last_touch":
        weights = [float(index == count - 1) for index in range(count)]
    elif model == "linear":
        weights = [1.0] * count
    elif model == "position_based":
        weights = [0.4, *[0.2 / (count - 2)] * (count - 2), 0.4] if count > 2 else [1.0] * count
    elif model == "time_decay":
        weights = [2.0 ** ((t.when - path[-1].when) / (7 * DAY)) for t in path]
    else:
        weights = [1.0 / sum(o.platform == t.platform for o in path) for t in path]
    return {
        t.name: weight / sum(weights) for t, weight in zip(path, weights, strict=True) if weight > 0
    }


def reference_claim(path: list[Touch], when: int) -> Touch | None:
    clicks = [t for t in path if t.kind == "click" and when - t.when <= 7 * DAY]
    views = [t for t in path if t.kind == "view" and when - t.when <= DAY]
    return (clicks or views or [None])[-1]


@settings(BUILDS, max_examples=20)
@given(users())
def test_credits_equal_the_reference(models: list[Model], everyone: list[User]) -> None:
    con = build(models, events_of(everyone))
    found = {model: credits(con, model) for model in TOUCH_MODELS}
    effects = dict(
        con.execute(
            "select ad_platform, removal_effect from removal_effects where level = 'platform'"
        ).fetchall()
    )
    conversions = [(user, name, when) for user in everyone for name, when, _ in user.conversions]
    for model in TOUCH_MODELS:
        assert set(found[model]) == {name for _, name, _ in conversions}
    for user, name, when in conversions:
        path = path_of(user, when, 30)
        for model in RULES:
            assert found[model][name] == pytest.approx(reference_weights(path, model), abs=1e-9)
        claim = reference_claim(path_of(user, when, 90), when)
        assert found["platform_rule"][name] == {claim.name if claim else None: 1.0}
        total = sum(effects[t.platform] for t in path)
        shares = {t.name: effects[t.platform] / total for t in path if effects[t.platform]}
        assert found["markov_path"][name] == pytest.approx(
            shares if path else {None: 1.0}, abs=1e-9
        )
    odd = con.execute(
        """
        select * from fct_attribution_credits as credits
        join fct_conversions as conversions using (conversion_id)
        where credit <= 0 or credited_revenue < 0
            or abs(credited_revenue - cast(credit as double) * revenue) > 0.0100001
        """
    ).fetchall()
    assert not odd
    uneven = con.execute(
        """
        select conversion_id, attribution_model, sum(credit), sum(credited_revenue), min(revenue)
        from fct_attribution_credits join fct_conversions using (conversion_id)
        group by all
        having sum(credit) <> 1 or sum(credited_revenue) is distinct from min(revenue)
        """
    ).fetchall()
    assert not uneven


@settings(BUILDS, max_examples=10)
@given(users())
def test_every_lookback_equals_the_reference(models: list[Model], everyone: list[User]) -> None:
    con = build(models, events_of(everyone))
    found = {
        tuple(key): (conversions, revenue)
        for *key, conversions, revenue in con.execute(
            "select attribution_model, lookback_days, ad_platform, conversions,"
            " coalesce(revenue, 0) from rpt_attribution_sensitivity"
        ).fetchall()
    }
    # not simulated: the reference has no simulated revenue
    known = any(revenue is not None for user in everyone for _, _, revenue in user.conversions)
    for days in (1, 7, 14, 30, 60, 90):
        for model in RULES:
            won: dict[str, float] = defaultdict(float)
            money: dict[str, float] = defaultdict(float)
            for user in everyone:
                for _, when, revenue in user.conversions:
                    path = path_of(user, when, days)
                    platform_of = {t.name: t.platform for t in path}
                    for name, weight in reference_weights(path, model).items():
                        if name is not None:
                            won[platform_of[name]] += weight
                            money[platform_of[name]] += weight * float(revenue or 0)
            for platform in {t.platform for user in everyone for t in user.touches}:
                conversions, revenue = found[(model, days, platform)]
                assert conversions == pytest.approx(won[platform], abs=1e-9)
                if known:
                    assert float(revenue) == pytest.approx(money[platform], abs=0.0051)


def reference_journeys(everyone: list[User]) -> list[tuple[tuple[str, ...], int, int, int]]:
    """Every conversion's path; what is in no window is one journey that did not convert."""
    journeys = []
    for user in everyone:
        digest = hashlib.md5(f"bootstrap|{user.name}".encode()).hexdigest()
        bucket = int(int(digest[:13], 16) / 2**52 * BUCKETS)
        paths = [path_of(user, when, 30) for _, when, _ in user.conversions]
        journeys += [(tuple(t.platform for t in path), 1, 0, bucket) for path in paths if path]
        seen = {t.name for path in paths for t in path}
        others = in_order([t for t in user.touches if t.name not in seen])
        if others:
            journeys.append((tuple(t.platform for t in others), 0, 1, bucket))
    return journeys


@pytest.mark.parametrize("order", [1, 2])
@settings(BUILDS, max_examples=8)
@given(everyone=users())
def test_edges_profiles_and_paths_equal_the_reference(
    compile_models: Compile, order: int, everyone: list[User]
) -> None:
    models = compile_models(markov_order=order) if order > 1 else compile_models()
    con = build(models, events_of(everyone))
    journeys = reference_journeys(everyone)
    channels = table(con, "int_markov_channels")
    channels = channels[channels["level"] == "platform"]
    edges = table(con, "int_markov_transitions")
    assert Counter(
        edges[edges["level"] == "platform"].itertuples(index=False, name=None)
    ) == Counter(edges_of(journeys, channels, order).itertuples(index=False, name=None))
    number = dict(zip(channels["ad_platform"], channels["channel_number"], strict=True))
    parts: dict[tuple[int, str, str, str], float] = defaultdict(float)
    paths: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path, won, lost, bucket in journeys:
        # a name that holds the separator is quoted
        names = (f'"{name}"' if ">" in name else name for name, _ in groupby(path))
        steps = " > ".join(names)
        paths[steps][0] += won
        paths[steps][1] += lost
        counts = sorted(Counter(number[platform] for platform in path).items())
        profile = " ".join(f"{key}:{count}" for key, count in counts)
        for platform in path if won else ():
            parts[bucket, profile, platform, "unknown"] += 1 / len(path)
    rows = con.execute(
        "select user_bucket, profile, ad_platform, campaign_id, conversions"
        " from int_bootstrap_path_profiles"
    ).fetchall()
    assert {tuple(key): part for *key, part in rows} == pytest.approx(parts, abs=1e-9)
    rows = con.execute(
        "select path, conversions, non_conversions from rpt_conversion_paths"
    ).fetchall()
    assert {path: [won, lost] for path, won, lost in rows} == dict(paths)
    lengths = con.execute(
        "select sum(conversions), sum(non_conversions) from rpt_path_length"
    ).fetchall()
    if journeys:
        assert lengths == [(sum(j[1] for j in journeys), sum(j[2] for j in journeys))]


def renamed(everyone: list[User], names: dict[str, str]) -> list[User]:
    return [
        User(
            user.name,
            [Touch(t.name, t.when, names[t.platform], t.kind) for t in user.touches],
            user.conversions,
        )
        for user in everyone
    ]


def twins(everyone: list[User]) -> list[User]:
    return [
        User(
            f"{user.name}{twin}",
            [Touch(f"{t.name}{twin}", t.when, t.platform, t.kind) for t in user.touches],
            [(f"{name}{twin}", when, revenue) for name, when, revenue in user.conversions],
        )
        for user in everyone
        for twin in ("", "'")
    ]


def shares(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], float]:
    return {
        (model, platform): share
        for model, platform, share in con.execute(
            "select attribution_model, ad_platform, share from rpt_platform_attribution"
            " where share is not null"
        ).fetchall()
    }


@settings(BUILDS, max_examples=5)
@given(users(), st.permutations(PLATFORMS))
def test_renaming_platforms_changes_only_names_and_doubling_users_nothing(
    models: list[Model], everyone: list[User], names: list[str]
) -> None:
    before = shares(build(models, events_of(everyone)))
    new = dict(zip(PLATFORMS, names, strict=True))
    after = shares(build(models, events_of(renamed(everyone, new))))
    assert after == pytest.approx(
        {(model, new[platform]): share for (model, platform), share in before.items()}, abs=1e-9
    )
    assert shares(build(models, events_of(twins(everyone)))) == pytest.approx(before, abs=1e-9)


@settings(BUILDS, max_examples=4)
@given(users())
def test_a_platform_that_never_touches_a_converting_journey_gets_nothing(
    models: list[Model], everyone: list[User]
) -> None:
    bystander = [touch(f"by{user.name}", user.name, 6 * DAY, "bystander") for user in everyone]
    con = build(models, [*events_of(everyone), *bystander])
    rows = con.execute(
        "select distinct conversions, revenue from rpt_platform_attribution"
        " where ad_platform = 'bystander' and attribution_model <> 'markov'"
    ).fetchall()
    # where nobody bought anything, revenue is not known to be 0
    has_conversions = any(user.conversions for user in everyone)
    assert rows == [(0, 0 if has_conversions else None)]
