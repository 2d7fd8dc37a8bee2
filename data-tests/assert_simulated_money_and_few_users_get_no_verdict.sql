-- Without it the report advises to change a budget because of simulated money, or to raise it
-- because of a few users.
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

where
    (is_simulated and verdict <> 'cannot_tell')
    or (converting_users < 10 and verdict = 'pays_back')
