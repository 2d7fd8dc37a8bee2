select
    level,
    ad_platform,
    campaign_id,
    measure,
    days_ahead,
    cast(last_known_day as date) as last_known_date,
    expected,
    happened,
    last_week,
    is_inside,
    is_inside_80

from {{ ref('forecasts') }}

where part = 'earlier'
