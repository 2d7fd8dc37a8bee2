{{ grows(unique_key=['_source_file', '_source_line']) }}

-- every row of the journey was looked at here before it came there
{%- set until = landed_until('fct_customer_journey') if is_incremental() else 0 %}

-- what landed first stays, so that a row once used is not refused when later files come
with usable as (

    select
        'ad_events' as raw_table,
        event_id as source_id,
        _source_file,
        _source_line,
        _landing

    from {{ ref('stg_ad_events') }}

    where reject_reason is null

    union all

    select
        'ad_interactions' as raw_table,
        interaction_id as source_id,
        _source_file,
        _source_line,
        _landing

    from {{ ref('stg_ad_interactions') }}

    where reject_reason is null

),

landed as (

    select * from usable where _landing > {{ until }}

),

known_ids as (

    select distinct source_id

    from usable

    where _landing <= {{ until }} and source_id in (select landed.source_id from landed)

),

found as (

    select source_id, 1 as is_known from known_ids

    union all

    select source_id, 0 as is_known from landed group by source_id having count(*) > 1

),

-- a window over these alone: over all rows it takes four times as long
repeated_ids as (

    select source_id, max(is_known) as is_known from found group by source_id

),

numbered as (

    select
        landed.*,
        repeated_ids.is_known,
        row_number() over (
            partition by landed.source_id
            order by landed._landing, landed._source_file, landed._source_line
        ) as occurrence

    from landed

    inner join repeated_ids on landed.source_id = repeated_ids.source_id

)

select
    raw_table,
    source_id,
    _source_file,
    _source_line,
    _landing

from numbered

where is_known = 1 or occurrence > 1
