with campaigns as (

    select
        ad_platform,
        campaign_id,
        count(*) over () as campaigns

    from {{ ref('dim_campaigns') }}

    where ad_platform <> 'unattributed'

),

channels as (

    select distinct
        'platform' as level,
        ad_platform,
        'all' as campaign_id

    from campaigns

    union all

    -- above this limit the chain of campaigns is not solved
    select
        'campaign' as level,
        ad_platform,
        campaign_id

    from campaigns

    where
        power(cast(campaigns as double), {{ var('markov_order') }}e0)
        <= {{ var('markov_max_campaigns') }}e0

)

select
    level,
    ad_platform,
    campaign_id,
    row_number() over (partition by level order by ad_platform, campaign_id) as channel_number

from channels
