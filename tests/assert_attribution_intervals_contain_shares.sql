-- Without it limits and shares may come from different data. A bootstrap's percentiles need not
-- hold the figure itself, but they lie within their own width of it.
select
    ad_platform,
    attribution_model,
    share_low,
    share_low_90,
    share,
    share_high_90,
    share_high

from {{ ref('rpt_platform_attribution') }}

where
    share_low > share_low_90
    or share_low_90 > share_high_90
    or share_high_90 > share_high
    or share < share_low - (share_high - share_low) - 1e-9
    or share > share_high + (share_high - share_low) + 1e-9
