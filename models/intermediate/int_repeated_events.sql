{{ config(post_hook="{{ stop_with_many_rejects('ad_events', repeats=true) }}") }}

-- what landed first stays, so that a row once used is not refused when later files come
with usable as (

    select
        event_id,
        event_type,
        coalesce(conversion_id, event_id) as conversion_id,
        occurred_at,
        _source_file,
        _source_line,
        _landing

    from {{ ref('stg_ad_events') }}

    where reject_reason is null

),

repeated_ids as (

    select event_id from usable group by event_id having count(*) > 1

),

numbered as (

    select
        usable.event_id,
        usable._source_file,
        usable._source_line,
        row_number() over (
            partition by usable.event_id
            order by usable._landing, usable._source_file, usable._source_line
        ) as occurrence

    from usable

    inner join repeated_ids on usable.event_id = repeated_ids.event_id

),

conversions_numbered as (

    select
        usable.event_id,
        usable._source_file,
        usable._source_line,
        row_number() over (
            partition by usable.conversion_id
            order by usable.occurred_at, usable.event_id
        ) as occurrence

    from usable

    left join numbered
        on usable.event_id = numbered.event_id
        and usable._source_file = numbered._source_file
        and usable._source_line = numbered._source_line
        and numbered.occurrence > 1

    where usable.event_type = 'conversion' and numbered.event_id is null

)

select
    event_id,
    'event_id repeats' as reject_reason,
    _source_file,
    _source_line

from numbered

where occurrence > 1

union all

select
    event_id,
    'conversion_id repeats' as reject_reason,
    _source_file,
    _source_line

from conversions_numbered

where occurrence > 1
