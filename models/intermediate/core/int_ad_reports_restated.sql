{%- set day = 'ad_platform, account_key, grain, period' %}

with keyed as (

    select * from {{ ref('int_ad_reports_keyed') }}

),

-- the files that tell of one campaign on one day, from both ends
versions as (

    select
        *,
        dense_rank() over (
            partition by {{ day }}, campaign_key order by file_version desc
        ) > 1 as has_later_version,
        dense_rank() over (
            partition by {{ day }}, campaign_key order by file_version
        ) > 1 as has_earlier_version

    from keyed

),

restated as (

    select
        *,
        -- a file that has one campaign of an earlier file's day replaces that whole day of the
        -- file; one with other campaigns only is its other part
        max(case when has_later_version or replaced_at is not null then 1 else 0 end) over (
            partition by {{ day }}, scope, _source_file
        ) = 1 as is_replaced,
        max(case when has_earlier_version then 1 else 0 end) over (
            partition by {{ day }}, scope, _source_file
        ) = 1 as is_restating

    from versions

)

select
    reports.*,
    restated.campaign_key,
    restated.known_account,
    restated.account_key,
    restated.scope,
    restated.period,
    restated.file_version,
    restated.is_replaced,
    restated.is_restating

from {{ ref('stg_ad_reports') }} as reports

inner join restated
    on reports._source_file = restated._source_file
    and reports._source_line = restated._source_line
