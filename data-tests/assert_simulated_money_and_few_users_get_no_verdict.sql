-- Without it the report advises to cut a platform because of simulated money or a few users.
with reported as (

    select
        'platform' as report,
        attribution_model,
        ad_platform,
        converting_users,
        verdict,
        is_simulated

    from {{ ref('rpt_platform_roi') }}

    union all

    select
        'campaign' as report,
        attribution_model,
        ad_platform,
        converting_users,
        verdict,
        is_simulated

    from {{ ref('rpt_campaign_roi') }}

)

select *

from reported

where verdict <> 'cannot_tell' and (is_simulated or converting_users < 10)
