{{ config(post_hook=[
    "{{ fail_on_rejected_share('ad_reports') }}",
    "{{ fail_on_missing_exchange_rate('ad_reports') }}",
]) }}

{%- set amounts = ['spend', 'reported_conversions', 'reported_revenue', 'reported_leads'] %}
{%- set names = [
    'ad_platform', 'publisher', 'account_id', 'account_name', 'campaign_id', 'campaign_name', 'ad_group_id',
    'ad_group_name', 'ad_id', 'ad_name', 'device_type', 'age_band', 'gender', 'country', 'placement', 'currency',
    'attribution_setting'
] %}
{%- set name_kinds = {
    'ad_platform': 'platform', 'campaign_id': 'campaign', 'campaign_name': 'campaign',
    'device_type': 'device', 'gender': 'gender'
} %}
{%- set counts = ['impressions', 'clicks', 'clicks_all', 'reach'] %}

with landed as (

    select
        {%- for name in names %}
        {{ null_if_word(name) }} as {{ name }},
        {%- endfor %}
        {%- for column in ['period_start', 'period_end', 'grain', 'clicks_kind', 'conversion_kind']
            + ['report_zone', 'layout', 'replaced_at', '_loaded_at'] + amounts + counts %}
        {{ column }},
        {%- endfor %}
        _source_file,
        _source_line

    from {{ raw('ad_reports') }}

),

typed as (

    select
        landed.*,
        coalesce(ad_platform_names.name, landed.ad_platform) as platform,
        coalesce(campaign_id_names.name, landed.campaign_id) as campaign,
        coalesce(campaign_name_names.name, landed.campaign_name) as name_of_campaign,
        coalesce(device_type_names.name, landed.device_type) as device,
        coalesce(gender_names.name, landed.gender) as reported_gender,
        coalesce(ages.name, landed.age_band) as reported_age_band,
        coalesce(ad_platform_names.is_known, false) as is_platform_mapped,
        coalesce(device_type_names.is_known, false) as is_device_mapped,
        {{ to_date('landed.period_start') }} as start_date,
        {{ to_date('landed.period_end') }} as end_date,
        {%- for amount in amounts %}
        {{ to_decimal('landed.' ~ amount, 4) }} as {{ amount }}_amount,
        {%- endfor %}
        {%- for count in counts %}
        {{ to_integer('landed.' ~ count) }} as {{ count }}_amount,
        {%- endfor %}
        {{ to_timestamp('landed._loaded_at') }} as loaded_at

    from landed
    {% for column, kind in name_kinds.items() %}
    left join {{ ref('stg_names') }} as {{ column }}_names
        on {{ column }}_names.kind = '{{ kind }}'
        and landed.{{ column }} = {{ column }}_names.spelling
    {%- endfor %}

    left join {{ ref('spellings') }} as ages
        on ages.kind = 'age' and ages.spelling = lower(landed.age_band)

),

checked as (

    select
        *,
        case
            when period_start is not null and start_date is null then 'period_start is not a date'
            when period_end is not null and end_date is null then 'period_end is not a date'
            when period_end < period_start then 'period_end is before period_start'
            when ad_platform is null then 'ad_platform is missing'
            {{ reject_number('spend', 'spend', 'spend_amount', is_decimal=true) }}
            {%- for column in counts %}
            {{ reject_number(column, column, column ~ '_amount') }}
            {%- endfor %}
            {%- for column in amounts[1:] %}
            {{ reject_number(column, column, column ~ '_amount', is_decimal=true, is_signed=true) }}
            {%- endfor %}
        end as reject_reason

    from typed

)

select
    checked.start_date as period_start,
    checked.end_date as period_end,
    checked.platform as ad_platform,
    checked.publisher,
    checked.account_id,
    checked.account_name,
    checked.campaign as campaign_id,
    checked.name_of_campaign as campaign_name,
    checked.ad_group_id,
    checked.ad_group_name,
    checked.ad_id,
    checked.ad_name,
    checked.device as device_type,
    checked.reported_age_band as age_band,
    checked.reported_gender as gender,
    checked.country,
    checked.placement,
    lower(checked.grain) as grain,
    upper(checked.currency) as currency,
    {{ exchange_rate('checked') }} as exchange_rate,
    {{ in_project_currency('checked.spend_amount', 'checked') }} as spend,
    checked.impressions_amount as impressions,
    checked.clicks_amount as clicks,
    checked.clicks_kind,
    checked.clicks_all_amount as clicks_all,
    checked.reach_amount as reach,
    checked.reported_conversions_amount as reported_conversions,
    {{ in_project_currency('checked.reported_revenue_amount', 'checked') }} as reported_revenue,
    checked.reported_leads_amount as reported_leads,
    checked.conversion_kind,
    checked.attribution_setting,
    checked.report_zone,
    checked.layout,
    checked.replaced_at,
    checked.is_platform_mapped,
    checked.is_device_mapped,
    checked.loaded_at,
    checked.reject_reason,
    checked._source_file,
    checked._source_line

from checked

left join {{ ref('stg_exchange_rates') }} as exchange_rates
    on upper(checked.currency) = exchange_rates.currency
