{{ config(post_hook=[
    "{{ fail_on_rejected_share('ad_spend') }}",
    "{{ fail_on_missing_exchange_rate('ad_spend') }}",
]) }}

with landed as (

    select * from {{ raw('ad_spend') }}

),

names as (

    select * from {{ ref('stg_names') }}

),

typed as (

    select
        coalesce(platforms.name, {{ null_if_word('landed.ad_platform') }}) as ad_platform,
        coalesce(campaigns.name, {{ null_if_word('landed.campaign_id') }}) as campaign_id,
        coalesce(campaign_names.name, {{ null_if_word('landed.campaign_name') }}) as campaign_name,
        coalesce({{ null_if_word('landed.ad_id') }}, 'unknown') as ad_id,
        upper({{ null_if_word('landed.currency') }}) as currency,
        landed.spend as spend_text,
        {{ to_decimal('landed.spend', 4) }} as spend_in_currency,
        coalesce(platforms.is_known, false) as is_platform_mapped,
        {{ to_date('landed.spend_date') }} as spend_date,
        {{ to_timestamp('landed._loaded_at') }} as loaded_at,
        landed._source_file,
        landed._source_line

    from landed

    left join names as platforms
        on platforms.kind = 'platform' and landed.ad_platform = platforms.spelling

    left join names as campaigns
        on campaigns.kind = 'campaign' and landed.campaign_id = campaigns.spelling

    left join names as campaign_names
        on campaign_names.kind = 'campaign' and landed.campaign_name = campaign_names.spelling

),

checked as (

    select
        *,
        case
            when spend_date is null then 'spend_date is not a date'
            when ad_platform is null then 'ad_platform is missing'
            {{ reject_number('spend', 'spend_text', 'spend_in_currency', is_decimal=true) }}
        end as reject_reason

    from typed

)

select
    checked.ad_platform,
    coalesce(checked.campaign_id, checked.campaign_name, 'unknown') as campaign_id,
    checked.campaign_name,
    checked.campaign_id is not null as has_campaign_id,
    checked.ad_id,
    checked.currency,
    {{ exchange_rate('checked') }} as exchange_rate,
    {{ in_project_currency('checked.spend_in_currency', 'checked') }} as spend,
    checked.is_platform_mapped,
    checked.spend_date,
    checked.loaded_at,
    checked.reject_reason,
    checked._source_file,
    checked._source_line

from checked

left join {{ ref('stg_exchange_rates') }} as exchange_rates
    on checked.currency = exchange_rates.currency
