{%- set day = 'ad_platform, account_key, grain, period' %}

-- the files that tell of one campaign on one day, from both ends
with versions as (

    select
        *,
        dense_rank() over (
            partition by {{ day }}, campaign_key order by file_version desc
        ) > 1 as has_later_version,
        dense_rank() over (
            partition by {{ day }}, campaign_key order by file_version
        ) > 1 as has_earlier_version

    from {{ ref('int_ad_reports_keyed') }}

)

select
    *,
    -- a file that has one campaign of an earlier file's day replaces that whole day of the
    -- file; one with other campaigns only is its other part
    max(case when has_later_version or is_superseded then 1 else 0 end) over (
        partition by {{ day }}, scope, _source_file
    ) = 1 as is_replaced,
    max(case when has_earlier_version then 1 else 0 end) over (
        partition by {{ day }}, scope, _source_file
    ) = 1 as is_restating

from versions
