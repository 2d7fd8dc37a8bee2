select
    level,
    ad_platform,
    campaign_id,
    measure,
    cast(forecast_day as date) as forecast_date,
    days_ahead,
    happened,
    expected,
    expected_low,
    expected_high,
    expected_low_80,
    expected_high_80

from {{ ref('forecasts') }}

where part = 'day'
