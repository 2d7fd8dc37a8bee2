{{ incremental_by_load() }}

with landed as (

    select * from {{ raw('ad_interactions') }}
    {%- if is_incremental() %}

    where _loaded_at > {{ max_loaded_at_text() }}
    {%- endif %}

),

names as (

    select * from {{ ref('stg_names') }}

),

spelled as (

    select
        landed.*,
        {{ null_if_word('landed.user_id') }} as known_user_id,
        {{ null_if_word('landed.ad_id') }} as known_ad_id,
        coalesce(platforms.name, {{ null_if_word('landed.ad_platform') }}) as platform,
        {{ null_if_unknown('coalesce(devices.name, landed.device_type)') }} as device,
        {{ null_if_unknown('coalesce(genders.name, landed.gender)') }} as user_gender,
        {{ null_if_unknown('landed.location') }} as user_location,
        coalesce(campaigns.name, {{ null_if_word('landed.campaign_id') }}) as campaign,
        {{ null_if_unknown('coalesce(formats.name, landed.ad_type)') }} as ad_format,
        {{ null_if_unknown('coalesce(categories.name, landed.ad_category)') }} as category,
        coalesce(platforms.is_known, false) as is_platform_mapped,
        coalesce(devices.is_known, false) as is_device_mapped

    from landed

    left join names as platforms
        on platforms.kind = 'platform' and landed.ad_platform = platforms.spelling

    left join names as devices
        on devices.kind = 'device' and landed.device_type = devices.spelling

    left join names as genders
        on genders.kind = 'gender' and landed.gender = genders.spelling

    left join names as campaigns
        on campaigns.kind = 'campaign' and landed.campaign_id = campaigns.spelling

    left join names as formats
        on formats.kind = 'format' and landed.ad_type = formats.spelling

    left join names as categories
        on categories.kind = 'category' and landed.ad_category = categories.spelling

),

typed as (

    select
        *,
        {{ dbt.hash(interaction_key()) }} as interaction_id,
        {{ to_integer('age') }} as user_age,
        {{ to_integer('impressions') }} as impression_count,
        {{ to_integer('clicks') }} as click_count,
        {{ to_integer('conversion') }} as conversion_count,
        {{ to_decimal('time_spent_on_ad', 4) }} as time_spent,
        {{ to_decimal('ad_spend', 4) }} as spend,
        {{ to_decimal('revenue', 2) }} as revenue_amount,
        {{ to_timestamp('interaction_at') }} as interacted_at,
        {{ weekday_as_timestamp('day_of_week') }} as weekday_at

    from spelled

)

select
    interaction_id,
    known_user_id as user_id,
    platform as ad_platform,
    coalesce(campaign, known_ad_id) as campaign_id,
    known_ad_id as ad_id,
    ad_format as ad_type,
    category as ad_category,
    device as device_type,
    user_age as age,
    user_gender as gender,
    user_location as location,
    coalesce(impression_count, 0) as impressions,
    coalesce(click_count, 0) as clicks,
    coalesce(conversion_count, 0) as conversions,
    time_spent,
    spend,
    case when conversion_count = 1 then revenue_amount end as revenue,
    coalesce(conversion_count, 0) = 0 and revenue_amount is not null as is_revenue_ignored,
    is_platform_mapped,
    is_device_mapped,
    interacted_at is null as is_order_approximate,
    {{ iceberg_time('coalesce(interacted_at, weekday_at)') }} as interacted_at,
    case
        when known_user_id is null then 'user_id is missing'
        when platform is null then 'ad_platform is missing'
        when interaction_at is not null and interacted_at is null
            then 'interaction_at is not a time'
        when interacted_at is null and weekday_at is null
            then 'neither interaction_at nor day_of_week'
        when conversion_count not in (0, 1) then 'conversion is not 0 or 1'
        {{ reject_number('impressions', 'impressions', 'impression_count') }}
        {{ reject_number('clicks', 'clicks', 'click_count') }}
        {{ reject_number('conversion', 'conversion', 'conversion_count') }}
        {{ reject_number('age', 'age', 'user_age') }}
        {{ reject_number('time_spent_on_ad', 'time_spent_on_ad', 'time_spent', is_decimal=true) }}
        {{ reject_number('ad_spend', 'ad_spend', 'spend', is_decimal=true) }}
        {{ reject_number('revenue', 'revenue', 'revenue_amount', is_decimal=true) }}
    end as reject_reason,
    _source_file,
    _source_line,
    {{ load_id('_loaded_at') }} as _load_id

from typed
