{%- set day = 'ad_platform, account_key, grain, period' %}

with reports as (

    select * from {{ ref('int_ad_reports_restated') }} where is_replaced or is_restating

),

-- of several replaced versions the last one is what stood there before
ranked as (

    select
        *,
        dense_rank() over (
            partition by {{ day }}, campaign_key, is_replaced order by file_version desc
        ) as version

    from reports

)

select
    ad_platform,
    account_key as account_id,
    grain,
    period_start,
    period_end,
    cast(sum(case when is_replaced then report_lines end) as bigint) as replaced_rows,
    {%- for measure in ['spend', 'reported_conversions'] %}
    {%- for name, condition in [('before', 'is_replaced'), ('after', 'not is_replaced')] %}
    cast(
        sum(case when {{ condition }} and version = 1 then {{ measure }} end) as decimal(18, 4)
    ) as {{ measure }}_{{ name }},
    {%- endfor %}
    {%- endfor %}
    min(case when is_replaced then _source_file end) as replaced_file,
    max(case when not is_replaced then _source_file end) as counted_file

from ranked

group by ad_platform, account_key, grain, period, period_start, period_end

having count(case when is_replaced then 1 end) > 0
