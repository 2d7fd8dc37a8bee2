-- Without it the report tells someone to cut a platform over money that nobody spent or earned.
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
