with files as (

    select * from {{ ref('stg_landed_files') }}

),

staged as (

    {% for table, deduplicated in [
        ('ad_interactions', 'int_interactions_deduplicated'), ('ad_spend', 'stg_ad_spend'),
        ('ad_reports', 'stg_ad_reports'), ('users', 'stg_users'), ('orders', 'stg_orders')
    ] -%}
    select '{{ table }}' as raw_table, _source_file, count(*) as staged

    from {{ ref(deduplicated) }}

    where reject_reason is null

    group by _source_file

    union all

    {% endfor -%}
    select 'web_events' as raw_table, _source_file, count(*) as staged

    from {{ ref('int_web_events') }}

    group by _source_file

    union all

    select 'ad_events' as raw_table, _source_file, cast(sum(events) as bigint) as staged

    from {{ ref('int_events_by_file') }}

    group by _source_file
),

rejected as (

    select raw_table, _source_file, count(*) as rejected

    from {{ ref('rejected_rows') }}

    group by raw_table, _source_file

),

warned as (

    select raw_table, _source_file, sum(warned_rows) as warnings

    from {{ ref('rpt_data_warnings') }}

    group by raw_table, _source_file

)

select
    files.raw_table,
    files._source_file,
    files.records as landed,
    coalesce(staged.staged, 0) as staged,
    coalesce(rejected.rejected, 0) as rejected,
    cast(coalesce(warned.warnings, 0) as bigint) as warnings

from files

left join staged
    on files.raw_table = staged.raw_table and files._source_file = staged._source_file

left join rejected
    on files.raw_table = rejected.raw_table and files._source_file = rejected._source_file

left join warned
    on files.raw_table = warned.raw_table and files._source_file = warned._source_file
