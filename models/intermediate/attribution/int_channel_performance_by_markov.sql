with markov as (

    select
        credits.level,
        credits.ad_platform,
        credits.campaign_id,
        linear.spend,
        linear.ripe_spend,
        linear.spend_outside_events,
        credits.conversions,
        linear.converting_users,
        linear.revenue as linear_revenue,
        linear.revenue_low,
        linear.revenue_high,
        linear.revenue_low_90,
        linear.revenue_high_90,
        credits.revenue,
        coalesce(
            linear.why_cannot_tell,
            case
                when credits.all_conversions < 50e0 then 'fewer than 50 conversions for markov'
                -- the bootstrap knows platforms, not their sellers
                when credits.level like 'billed%' then 'no interval by seller for markov'
            end
        ) as why_cannot_tell,
        linear.is_simulated

    from {{ ref('int_markov_credits') }} as credits

    inner join {{ ref('int_channel_performance_by_touch') }} as linear
        on credits.level = linear.level
        and credits.ad_platform = linear.ad_platform
        and credits.campaign_id = linear.campaign_id

    where linear.attribution_model = 'linear'

),

intervals as (

    select * from {{ ref('attribution_intervals') }} where attribution_model = 'markov'

)

select
    markov.level,
    markov.ad_platform,
    markov.campaign_id,
    'markov' as attribution_model,
    markov.spend,
    markov.ripe_spend,
    markov.spend_outside_events,
    markov.conversions,
    markov.converting_users,
    markov.revenue,
    -- at least as far off as the limits of credits known by user, which hold for few buyers too;
    -- without such limits the others stand (least of a NULL is NULL on Trino, not on DuckDB)
    {%- for level in ['', '_90'] %}
    case
        when intervals.revenue_low{{ level }} is not null and not markov.is_simulated
            then
                greatest(
                    least(
                        intervals.revenue_low{{ level }},
                        coalesce(
                            cast(markov.revenue as double) - (
                                cast(markov.linear_revenue as double)
                                - markov.revenue_low{{ level }}
                            ),
                            intervals.revenue_low{{ level }}
                        )
                    ),
                    0e0
                )
    end as revenue_low{{ level }},
    case
        when intervals.revenue_high{{ level }} is not null and not markov.is_simulated
            then
                greatest(
                    intervals.revenue_high{{ level }},
                    coalesce(
                        cast(markov.revenue as double) + (
                            markov.revenue_high{{ level }} - cast(markov.linear_revenue as double)
                        ),
                        intervals.revenue_high{{ level }}
                    )
                )
    end as revenue_high{{ level }},
    {%- endfor %}
    markov.why_cannot_tell,
    markov.is_simulated

from markov

left join intervals
    on markov.level = intervals.level
    and markov.ad_platform = intervals.ad_platform
    and markov.campaign_id = intervals.campaign_id
