with removal_effects as (

    select * from {{ ref('removal_effects') }} where level = 'platform'

),

paths as (

    select
        touches.conversion_id,
        count(*) > count(removal_effects.removal_effect)
        or sum(removal_effects.removal_effect) = 0e0 as is_split_as_linear

    from {{ ref('int_conversion_paths') }} as touches

    left join removal_effects on touches.ad_platform = removal_effects.ad_platform

    group by touches.conversion_id

),

path_counts as (

    select
        cast(count(*) as bigint) as attributed_conversions,
        cast(count_if(is_split_as_linear) as bigint) as split_as_linear

    from paths

),

conversion_count as (

    select cast(count(*) as bigint) as conversions from {{ ref('fct_conversions') }}

),

campaigns as (

    select cast(count(*) as bigint) as campaigns

    from {{ ref('int_markov_channels') }}

    where level = 'campaign'

),

journeys as (

    select
        cast(count(*) as bigint) as journeys,
        cast(count_if(conversion_id is null) as bigint) as non_converting_journeys

    from {{ ref('int_journeys') }}

),

chain as (

    select min(conversion_probability) as conversion_probability

    from removal_effects

)

select
    conversion_count.conversions,
    path_counts.attributed_conversions,
    conversion_count.conversions - path_counts.attributed_conversions as unattributed_conversions,
    path_counts.split_as_linear as markov_path_split_as_linear,
    campaigns.campaigns as campaigns_in_chain,
    cast({{ var('markov_order') }} as bigint) as markov_order,
    chain.conversion_probability as markov_conversion_probability,
    {{ safe_divide('journeys.non_converting_journeys', 'journeys.journeys') }}
        as non_converting_share

from path_counts

cross join conversion_count

cross join campaigns

cross join journeys

cross join chain
