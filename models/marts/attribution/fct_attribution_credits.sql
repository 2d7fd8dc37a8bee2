with cumulated as (

    -- the share of the conversion up to and including this touch; the last touch completes it
    select
        *,
        case
            when touch_index = touches_in_path then cast(1 as decimal(13, 12))
            else cast(sum(weight) over (
                partition by conversion_id, attribution_model
                order by touch_index
                rows between unbounded preceding and current row
            ) as decimal(13, 12))
        end as share_so_far

    from {{ ref('int_attribution_weights') }}

),

stepped as (

    select
        *,
        lag(share_so_far, 1, cast(0 as decimal(13, 12))) over (
            partition by conversion_id, attribution_model
            order by touch_index
        ) as share_before

    from cumulated

),

-- money up to here less money before: each touch within a cent of its share, no cent lost
attributed as (

    select
        conversion_id,
        touch_id,
        attribution_model,
        user_id,
        ad_platform,
        campaign_id,
        cast(share_so_far - share_before as double) as credit,
        cast(
            cast(revenue * share_so_far as decimal(18, 2))
            - cast(revenue * share_before as decimal(18, 2)) as decimal(18, 2)
        ) as credited_revenue

    from stepped

),

attribution_models as (

    select attribution_model from {{ ref('attribution_models') }} where has_touch_credits

),

unattributed as (

    select
        conversions.conversion_id,
        cast(null as varchar) as touch_id,
        attribution_models.attribution_model,
        conversions.user_id,
        'unattributed' as ad_platform,
        'unattributed' as campaign_id,
        1e0 as credit,
        conversions.revenue as credited_revenue

    from {{ ref('fct_conversions') }} as conversions

    cross join attribution_models

    left join {{ ref('int_conversion_touches') }} as path_ends
        on conversions.conversion_id = path_ends.conversion_id and path_ends.touch_index = 1

    where path_ends.conversion_id is null

)

select * from attributed

union all

select * from unattributed
