-- Without it a row between file and figures can disappear or count twice unnoticed.
{{ config(group='core') }}

with files as (

    select
        raw_table,
        _source_file,
        records as landed

    from {{ ref('stg_landed_files') }}

),

accounted_for as (

    select 'ad_events' as raw_table, _source_file

    from {{ ref('int_events_deduplicated') }}

    where event_type <> 'conversion'

    union all

    select raw_table, _source_file

    from {{ ref('int_conversions_deduplicated') }}

    where raw_table = 'ad_events' and not is_duplicate

    union all

    {% for table, deduplicated in [
        ('ad_interactions', 'int_interactions_deduplicated'), ('ad_spend', 'stg_ad_spend'),
        ('ad_reports', 'stg_ad_reports'), ('users', 'stg_users'), ('orders', 'stg_orders')
    ] -%}
    select '{{ table }}' as raw_table, _source_file

    from {{ ref(deduplicated) }}

    where reject_reason is null

    union all

    {% endfor -%}
    select 'web_events' as raw_table, _source_file from {{ ref('int_web_events') }}

    union all

    select raw_table, _source_file from {{ ref('rejected_rows') }}

),

counted as (

    select
        raw_table,
        _source_file,
        count(*) as staged_or_rejected

    from accounted_for

    group by raw_table, _source_file

)

select
    raw_table,
    _source_file,
    files.landed,
    counted.staged_or_rejected

from files

full outer join counted using (raw_table, _source_file)

where coalesce(files.landed, 0) <> coalesce(counted.staged_or_rejected, 0)
