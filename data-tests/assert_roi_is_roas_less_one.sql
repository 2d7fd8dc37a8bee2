-- Without it ROAS (revenue / spend) could be reported as ROI ((revenue - spend) / spend, one less
-- at a gross margin of 1).
with reports as (

    select ad_platform, '' as campaign_id, attribution_model, roi, roas
    from {{ ref('rpt_platform_roi') }}

    union all

    select ad_platform, campaign_id, attribution_model, roi, roas
    from {{ ref('rpt_campaign_roi') }}

)

select *

from reports

where
    (roi is null) <> (roas is null)
    or abs(roi - (roas * {{ var('gross_margin') | float }}e0 - 1e0)) > 1e-9 * (1e0 + abs(roas))
