select
    ad_platform,
    min(share) as lowest_share,
    max(share) as highest_share,
    min(roi) as lowest_roi,
    max(roi) as highest_roi,
    min(roi_rank) as best_roi_rank,
    max(roi_rank) as worst_roi_rank,
    min(roi) < 0e0 and max(roi) > 0e0 as verdict_depends_on_rule

from {{ ref('rpt_attribution_sensitivity') }}

group by ad_platform
