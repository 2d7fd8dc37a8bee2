{{ config(post_hook="{{ stop_with_many_rejects('ad_events', repeats=true) }}") }}
-- depends_on: {{ ref('stg_ad_events') }}

-- which of several conversions with one id counts can still change when rows land late
with conversions as (

    select
        source_id,
        _source_file,
        _source_line,
        row_number() over (
            partition by conversion_id
            order by converted_at, source_id
        ) as occurrence

    from {{ ref('int_conversion_events') }}

    where raw_table = 'ad_events'

)

select
    event_id,
    'event_id repeats' as reject_reason,
    _source_file,
    _source_line

from {{ ref('int_repeated_event_ids') }}

union all

select
    source_id as event_id,
    'conversion_id repeats' as reject_reason,
    _source_file,
    _source_line

from conversions

where occurrence > 1
