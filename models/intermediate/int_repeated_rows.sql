{{ config(post_hook=[
    "{{ stop_with_many_rejects('ad_events', repeats=true) }}",
    "{{ stop_with_many_rejects('ad_interactions', repeats=true) }}",
]) }}
-- depends_on: {{ ref('stg_ad_events') }}
-- depends_on: {{ ref('stg_ad_interactions') }}

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
    raw_table,
    source_id,
    case
        when raw_table = 'ad_events' then 'event_id repeats' else 'equal to an earlier row'
    end as reject_reason,
    _source_file,
    _source_line

from {{ ref('int_repeated_ids') }}

union all

select
    'ad_events' as raw_table,
    source_id,
    'conversion_id repeats' as reject_reason,
    _source_file,
    _source_line

from conversions

where occurrence > 1
