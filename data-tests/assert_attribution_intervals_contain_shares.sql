-- Without it confidence limits and shares may come from different data. Bootstrap percentiles need
-- not contain the share itself, but they lie within the interval's own width of it.
{%- set columns = [
    'ad_platform', 'attribution_model', 'share_low', 'share_low_90', 'share', 'share_high_90',
    'share_high'
] | join(', ') %}

with shares as (

    select {{ columns }}, 'all' as campaign_id from {{ ref('rpt_platform_attribution') }}

    union all

    select {{ columns }}, campaign_id from {{ ref('rpt_campaign_attribution') }}

)

select *

from shares

where
    share_low > share_low_90
    or share_low_90 > share_high_90
    or share_high_90 > share_high
    or share < share_low - (share_high - share_low) - 1e-9
    or share > share_high + (share_high - share_low) + 1e-9
