{{ grows(unique_key=['_source_file', '_source_line']) }}

-- every row of the journey was looked at here before it came there
{%- set until = landed_until('fct_customer_journey') if is_incremental() else 0 %}

-- what landed first stays, so that a row once used is not refused when later files come; the view
-- is named in each place, since DuckDB would copy all its rows to share them
with known_ids as (

    select distinct source_id

    from {{ ref('int_usable_ids') }}

    where
        _landing <= {{ until }}
        and source_id in (
            select landed.source_id
            from {{ ref('int_usable_ids') }} as landed
            where landed._landing > {{ until }}
        )

),

found as (

    select source_id, 1 as is_known from known_ids

    union all

    select source_id, 0 as is_known

    from {{ ref('int_usable_ids') }}

    where _landing > {{ until }}

    group by source_id

    having count(*) > 1

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

    from {{ ref('int_usable_ids') }} as landed

    inner join repeated_ids on landed.source_id = repeated_ids.source_id

    where landed._landing > {{ until }}

)

select
    raw_table,
    source_id,
    _source_file,
    _source_line,
    _landing

from numbered

where is_known = 1 or occurrence > 1
