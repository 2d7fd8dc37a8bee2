-- Without it the shares of a model may not sum to 1: a platform is missing or counts twice.
select
    level,
    attribution_model,
    sum(share) as shares

from (
    select 'platform' as level, attribution_model, share

    from {{ ref('rpt_platform_attribution') }}

    union all

    select 'campaign' as level, attribution_model, share

    from {{ ref('rpt_campaign_attribution') }}
) as shares

group by level, attribution_model

having abs(sum(share) - 1e0) > 1e-9
