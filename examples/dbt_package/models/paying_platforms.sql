-- a model of one's own on an answer of the package
select
    ad_platform,
    spend,
    roas

from {{ ref('social_roi', 'rpt_platform_roi') }}

where attribution_model = 'last_touch'
