with spent as (

    select
        spend.ad_platform,
        spend.campaign_id,
        sum(spend.spend) as spend,
        sum(
            case
                when spend.is_order_approximate or period.ripe_before is null
                    or spend.spend_date < period.ripe_before
                    then spend.spend
            end
        ) as ripe_spend,
        sum(
            case
                when not spend.is_order_approximate
                    and spend.spend_date not between period.first_date and period.last_date
                    then spend.spend
            end
        ) as spend_outside_events,
        bool_or(spend.is_spend_simulated) as is_spend_simulated

    from {{ ref('fct_ad_spend') }} as spend

    cross join {{ ref('int_event_period') }} as period

    group by spend.ad_platform, spend.campaign_id

),

touched as (

    select distinct ad_platform, campaign_id from {{ ref('int_touches_daily') }}

)

select
    levels.level_prefix
    || case when grouping(campaigns.campaign_id) = 1 then 'platform' else 'campaign' end as level,
    levels.told_platform as ad_platform,
    case when grouping(campaigns.campaign_id) = 1 then 'all' else campaigns.campaign_id end
        as campaign_id,
    {%- for amount in ['spend', 'ripe_spend', 'spend_outside_events'] %}
    cast(coalesce(sum(spent.{{ amount }}), 0) as decimal(18, 4)) as {{ amount }},
    {%- endfor %}
    coalesce(bool_or(spent.is_spend_simulated), false) as is_spend_simulated,
    count(touched.campaign_id) > 0 as has_touches

from {{ ref('dim_campaigns') }} as campaigns

inner join {{ ref('int_platform_levels') }} as levels
    on campaigns.ad_platform = levels.ad_platform

left join spent
    on campaigns.ad_platform = spent.ad_platform and campaigns.campaign_id = spent.campaign_id

left join touched
    on campaigns.ad_platform = touched.ad_platform and campaigns.campaign_id = touched.campaign_id

group by
    -- the linter does not know them
    grouping sets (  -- noqa: LT02,PRS,RF02
        (levels.level_prefix, levels.told_platform, campaigns.campaign_id),
        (levels.level_prefix, levels.told_platform)
    )
