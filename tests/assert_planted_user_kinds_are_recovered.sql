-- Without it the segments may be three groups of any kind (such as the three devices).
{{ config(enabled=var('input', 'demo') == 'demo') }}

-- adjusted Rand index (Hubert and Arabie 1985): pairs of users that both groupings keep together
with users as (

    select
        planted.user_kind,
        segments.segment

    from {{ ref('demo_planted_user_kinds') }} as planted

    inner join {{ ref('dim_user_segments') }} as segments on planted.user_id = segments.user_id

),

groups as (

    select
        grouping(user_kind, segment) as grouping_level,
        cast(count(*) as double) * (count(*) - 1) / 2e0 as pairs

    from users

    group by grouping sets ((user_kind, segment), (user_kind), (segment), ())

),

pairs_together as (

    select
        sum(case grouping_level when 0 then pairs end) as in_both,
        sum(case grouping_level when 1 then pairs end) as in_kinds,
        sum(case grouping_level when 2 then pairs end) as in_segments,
        sum(case grouping_level when 3 then pairs end) as in_all

    from groups

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
    coalesce(adjusted_rand_index, 0e0) < 0.8e0
    -- nobody has a segment before the first solve
    and exists (select 1 from users)
