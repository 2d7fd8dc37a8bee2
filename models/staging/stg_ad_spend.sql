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

exchange_rates as (

    select * from {{ ref('exchange_rates') }}

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

),

project_currency as (

    {{ project_currency('checked') }}

),

rated as (

    select
        checked.*,
        {{ exchange_rate('checked') }} as exchange_rate

    from checked

    cross join project_currency

    left join exchange_rates on checked.currency = upper(exchange_rates.currency)

)

select
    ad_platform,
    coalesce(campaign_id, campaign_name, 'unknown') as campaign_id,
    campaign_name,
    campaign_id is not null as has_campaign_id,
    ad_id,
    currency,
    exchange_rate,
    -- widened first: DuckDB multiplies short decimals in 18 digits, which a million overflows
    cast(cast(spend_in_currency as decimal(38, 4)) * exchange_rate as decimal(18, 4)) as spend,
    is_platform_mapped,
    spend_date,
    loaded_at,
    reject_reason,
    _source_file,
    _source_line

from rated
