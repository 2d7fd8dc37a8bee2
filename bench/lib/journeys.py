"""Journeys made by rule, and what exactly every channel is owed of them."""

from pathlib import Path

import duckdb
import numpy as np

PLATFORMS = 10

# About 3 touches a journey (geometric, at most 31), 1 in 20 converts. A journey is one user's, its
# touches lie hours apart within 27 days, and the conversion follows the last one within the hour.
# Numbers come from a hash of the journey's own, so the same size gives the same journeys.
TOUCHES = f"""
create temp macro unit(number, salt) as
    (hash(number * 1000003 + salt) >> 11) / 9007199254740992.0;

create temp table journeys as
select
    journey,
    1 + least(floor(ln(1 - unit(journey, 1)) / ln(2e0 / 3)), 30)::int as touches,
    unit(journey, 2) < 0.05 as is_converting,
    round(20 + 80 * unit(journey, 3), 2)::decimal(18, 2) as revenue,
    timestamp '2026-01-01' + to_seconds(floor(unit(journey, 4) * 180 * 86400)::int) as started_at,
    1 + floor(unit(journey, 5) * 19)::int as hours_between
from range($journeys) as numbers (journey);

create temp table touches as
select
    journey,
    touch,
    touch = touches as is_last,
    is_converting,
    revenue,
    'platform ' || floor({PLATFORMS} * pow(unit(journey, 100 + touch), 1.5))::int as ad_platform,
    unit(journey, 200 + touch) < 0.3 as is_click,
    started_at + to_hours((touch - 1) * hours_between) as touched_at
from (select *, unnest(range(1, touches + 1)) as touch from journeys);
"""

# What the other tools read: sorted, the conversion and its value on the journey's last touch.
SESSIONS = """
copy (
    select
        journey,
        ad_platform,
        touched_at,
        is_last and is_converting as is_conversion,
        case when is_last and is_converting then revenue::double else 0 end as revenue
    from touches
    order by journey, touch
) to '$path' (format parquet)
"""

# What our models read: `ad_events` as landing writes it, all text.
AD_EVENTS = """
insert into raw.ad_events by name
select
    't' || journey || '-' || touch as event_id,
    'u' || journey as user_id,
    touched_at::varchar as occurred_at,
    case when is_click then 'click' else 'impression' end as event_type,
    ad_platform,
    'campaign of ' || ad_platform as campaign_id,
    'made' as _source_file,
    journey * 32 + touch as _source_line,
    '2026-11-01 00:00:00' as _loaded_at
from touches
union all by name
select
    'c' || journey as event_id,
    'u' || journey as user_id,
    (touched_at + interval 30 minute)::varchar as occurred_at,
    'conversion' as event_type,
    revenue::varchar as revenue,
    'made' as _source_file,
    journey * 32 as _source_line,
    '2026-11-01 00:00:00' as _loaded_at
from touches
where is_last and is_converting
"""

WEIGHTS = """
with placed as (
    select
        *,
        row_number() over journey as place,
        count(*) over (partition by journey) as touches,
        count(*) over (partition by journey, ad_platform) as touches_of_platform,
        pow(0.5, epoch(max(touched_at) over (partition by journey) - touched_at) / 604800) as decay
    from '$path'
    window journey as (partition by journey order by touched_at)
    qualify bool_or(is_conversion) over (partition by journey)
),
weighed as (
    select
        ad_platform,
        (place = 1)::int as first_touch,
        (place = touches)::int as last_touch,
        1.0::double / touches as linear,
        case
            when touches <= 2 then 1.0::double / touches
            when place in (1, touches) then 0.4::double
            else 0.2::double / (touches - 2)
        end as position_based,
        decay / sum(decay) over (partition by journey) as time_decay,
        1.0::double / touches_of_platform
            / count(distinct ad_platform) over (partition by journey) as shapley,
        effect / sum(effect) over (partition by journey) as markov_path
    from placed
    join effects using (ad_platform)
)
select ad_platform, sum(columns(* exclude ad_platform)) from weighed group by 1
"""

EDGES = """
with steps as (
    select
        ad_platform as source,
        lead(ad_platform) over (partition by journey order by touched_at) as target,
        row_number() over (partition by journey order by touched_at) = 1 as is_first,
        is_conversion
    from '$path'
)
select 'start', source, count(*) from steps where is_first group by all
union all
select
    source,
    coalesce(target, case when is_conversion then 'conversion' else 'null' end),
    count(*)
from steps
group by all
"""


def exact_answers(sessions: Path) -> dict[str, dict[str, float]]:
    """Conversions credited to every channel by every model, computed directly from the journeys.

    Shares no code with the project: rules in double precision; the chain solved once as it is and
    once without each channel (removal effect 1 - P(conversion without it) / P(conversion)).
    """
    con = duckdb.connect()
    edges = con.execute(EDGES.replace("$path", str(sessions))).fetchall()
    conversions = sum(count for _, target, count in edges if target == "conversion")
    channels = sorted({source for source, _, _ in edges} - {"start"})
    place = {state: row for row, state in enumerate(["start", *channels, "conversion", "null"])}
    counts = np.zeros((len(channels) + 1, len(channels) + 3))
    for source, target, count in edges:
        counts[place[source], place[target]] += count
    moves = counts / counts.sum(axis=1, keepdims=True)

    def conversion_probability(states: list[int]) -> float:
        staying = np.eye(len(states)) - moves[np.ix_(states, states)]
        return np.linalg.solve(staying, moves[states, place["conversion"]])[0]

    everything = list(range(len(channels) + 1))
    whole = conversion_probability(everything)
    effects = {
        channel: 1 - conversion_probability([s for s in everything if s != place[channel]]) / whole
        for channel in channels
    }
    con.execute("create table effects (ad_platform varchar, effect double)")
    con.executemany("insert into effects values (?, ?)", list(effects.items()))
    found = con.execute(WEIGHTS.replace("$path", str(sessions)))
    models = [column[0] for column in found.description][1:]
    answers: dict[str, dict[str, float]] = {model: {} for model in models}
    for channel, *credits in found.fetchall():
        for model, credit in zip(models, credits, strict=True):
            answers[model][channel] = float(credit)
    total = sum(effects.values())
    answers["markov"] = {c: conversions * effect / total for c, effect in effects.items()}
    return answers
