{{ incremental_by_load() }}

with landed as (

    select * from {{ raw('ad_events') }}
    {%- if is_incremental() %}

    where _loaded_at > {{ max_loaded_at_text() }}
    {%- endif %}

),

-- orders of an export that gives only dates: no conversion of the file has a time of day
files_without_times as (

    select _source_file

    from {{ raw('ad_events') }}

    where
        lower(event_type) = 'conversion'
        and occurred_at like '____-__-__ __:__:__%'
        {%- if is_incremental() %}
        and _loaded_at > {{ max_loaded_at_text() }}
        {%- endif %}

    group by _source_file

    having count_if(occurred_at not like '% 00:00:00%') = 0

),

names as (

    select * from {{ ref('stg_names') }}

),

typed as (

    select
        {{ null_if_word('landed.event_id') }} as event_id,
        {{ null_if_word('landed.user_id') }} as user_id,
        coalesce(platforms.name, {{ null_if_word('landed.ad_platform') }}) as ad_platform,
        coalesce(campaigns.name, {{ null_if_word('landed.campaign_id') }}) as campaign_id,
        coalesce(campaign_names.name, {{ null_if_word('landed.campaign_name') }}) as campaign_name,
        {{ null_if_word('landed.ad_id') }} as ad_id,
        {{ null_if_unknown('coalesce(devices.name, landed.device_type)') }} as device_type,
        {{ null_if_word('landed.conversion_id') }} as conversion_id,
        lower({{ null_if_word('landed.event_type') }}) as event_type,
        landed.revenue as revenue_text,
        {{ to_decimal('landed.revenue', 2) }} as revenue,
        coalesce(platforms.is_known, false) as is_platform_mapped,
        coalesce(devices.is_known, false) as is_device_mapped,
        lower(landed.event_type) = 'conversion'
        and files_without_times._source_file is not null as is_time_missing,
        {{ to_timestamp('landed.occurred_at') }} as occurred_at,
        landed._source_file,
        landed._source_line,
        {{ load_id('landed._loaded_at') }} as _load_id

    from landed

    left join files_without_times on landed._source_file = files_without_times._source_file

    left join names as platforms
        on platforms.kind = 'platform' and landed.ad_platform = platforms.spelling

    left join names as devices
        on devices.kind = 'device' and landed.device_type = devices.spelling

    left join names as campaigns
        on campaigns.kind = 'campaign' and landed.campaign_id = campaigns.spelling

    left join names as campaign_names
        on campaign_names.kind = 'campaign' and landed.campaign_name = campaign_names.spelling

)

select
    event_id,
    user_id,
    ad_platform,
    coalesce(campaign_id, campaign_name) as campaign_id,
    campaign_name,
    ad_id,
    device_type,
    conversion_id,
    event_type,
    case when event_type in ('conversion', 'refund') then revenue end as revenue,
    event_type not in ('conversion', 'refund') and revenue is not null as is_revenue_ignored,
    is_platform_mapped,
    is_device_mapped,
    is_time_missing,
    -- a day's order comes after the day's touches
    {{ iceberg_time(
        "case when is_time_missing then occurred_at + interval '86399' second else occurred_at end"
    ) }} as occurred_at,
    case
        when event_id is null then 'event_id is missing'
        when user_id is null then 'user_id is missing'
        when occurred_at is null then 'occurred_at is not a time'
        when event_type is null then 'event_type is missing'
        when event_type not in ('impression', 'view', 'click', 'conversion', 'refund')
            then 'event_type is unknown'
        when ad_platform is null and event_type not in ('conversion', 'refund')
            then 'ad_platform is missing'
        when conversion_id is null and event_type = 'refund' then 'conversion_id is missing'
        {{ reject_number('revenue', 'revenue_text', 'revenue', is_decimal=true) }}
    end as reject_reason,
    _source_file,
    _source_line,
    _load_id

from typed
