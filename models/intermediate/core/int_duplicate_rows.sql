{{ incremental_by_load(unique_key=['_source_file', '_source_line']) }}

-- duplicates are searched among rows already in fct_customer_journey
{%- set until = max_load_id('fct_customer_journey') if is_incremental() else 0 %}

{#- inlined in each place: DuckDB would materialize all rows of a CTE that is read twice -#}
{%- set usable_rows -%}
    (
        select
            'ad_events' as raw_table,
            event_id as source_id,
            'event_id repeats' as reject_reason,
            _source_file,
            _source_line,
            _load_id

        from {{ ref('stg_ad_events') }}

        where reject_reason is null

        union all

        select
            'ad_interactions' as raw_table,
            interaction_id as source_id,
            'equal to an earlier row' as reject_reason,
            _source_file,
            _source_line,
            _load_id

        from {{ ref('stg_ad_interactions') }}

        where reject_reason is null
    )
{%- endset %}

-- the row that landed first counts, so that later files never reject a row that was used
with known_ids as (

    select distinct known.source_id

    from {{ usable_rows }} as known

    where
        known._load_id <= {{ until }}
        and known.source_id in (
            select landed.source_id
            from {{ usable_rows }} as landed
            where landed._load_id > {{ until }}
        )

),

found as (

    select source_id, 1 as is_known from known_ids

    union all

    select landed.source_id, 0 as is_known

    from {{ usable_rows }} as landed

    where landed._load_id > {{ until }}

    group by landed.source_id

    having count(*) > 1

),

-- a window over duplicates only: over all rows it takes four times as long
repeated_ids as (

    select source_id, max(is_known) as is_known from found group by source_id

),

numbered as (

    select
        landed.*,
        repeated_ids.is_known,
        row_number() over (
            partition by landed.source_id
            order by landed._load_id, landed._source_file, landed._source_line
        ) as occurrence

    from {{ usable_rows }} as landed

    inner join repeated_ids on landed.source_id = repeated_ids.source_id

    where landed._load_id > {{ until }}

)

select
    raw_table,
    source_id,
    reject_reason,
    _source_file,
    _source_line,
    _load_id

from numbered

where is_known = 1 or occurrence > 1
