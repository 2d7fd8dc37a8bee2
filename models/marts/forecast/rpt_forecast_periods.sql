select
    level,
    ad_platform,
    campaign_id,
    measure,
    days_ahead,
    expected,
    expected_low,
    expected_high,
    expected_low_80,
    expected_high_80,
    recent,
    method,
    reason,
    error_to_last_week,
    earlier_forecasts,
    days_known,
    case
        when measure <> 'roi' then null
        when expected_low > 0e0 then 'pays_back'
        when expected_high < 0e0 then 'loses'
        else 'cannot_tell'
    end as verdict,
    (
        select max(daily.attribution_model) from {{ ref('int_daily_returns') }} as daily
    ) as attribution_model,
    cast(last_known_day as date) as last_known_date

from {{ ref('forecasts') }}

where part = 'period'
