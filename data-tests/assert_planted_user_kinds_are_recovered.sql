-- Without it the segments may be any three groups (such as the three devices).
{{ config(enabled=var('input', 'demo') == 'demo' and are_settings_planted()) }}

-- adjusted Rand index (Hubert and Arabie 1985): pairs of users that both groupings keep together
with users as (

    select
        planted.user_kind,
        segments.segment

    from {{ ref('demo_planted_user_kinds') }} as planted

    inner join {{ ref('dim_user_segments') }} as segments on planted.user_id = segments.user_id

),

cells as (

    select
        user_kind,
        segment,
        cast(count(*) as double) as users

    from users

    group by user_kind, segment

),

kinds as (

    select sum(users) as users from cells group by user_kind

),

segments as (

    select sum(users) as users from cells group by segment

),

pairs_together as (

    select
        (select sum(cells.users * (cells.users - 1e0)) from cells) as in_both,
        (select sum(kinds.users * (kinds.users - 1e0)) from kinds) as in_kinds,
        (select sum(segments.users * (segments.users - 1e0)) from segments) as in_segments,
        count(*) * (count(*) - 1e0) as in_all

    from users

),

expected_by_chance as (

    select
        *,
        {{ safe_divide('in_kinds * in_segments', 'in_all') }} as in_both_by_chance

    from pairs_together

),

agreement as (

    select
        {{ safe_divide(
            'in_both - in_both_by_chance',
            '(in_kinds + in_segments) / 2e0 - in_both_by_chance'
        ) }} as adjusted_rand_index

    from expected_by_chance

)

select *

from agreement

where
    coalesce(adjusted_rand_index, 0e0) < 0.95e0
    -- no user has a segment before the first solve
    and exists (select 1 from users)
