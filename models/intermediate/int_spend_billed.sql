with by_file as (

    select
        spend_date,
        ad_platform,
        campaign_id,
        ad_id,
        sum(spend) as spend,
        loaded_at,
        _source_file

    from {{ ref('stg_ad_spend') }}

    where reject_reason is null and spend is not null

    group by spend_date, ad_platform, campaign_id, ad_id, loaded_at, _source_file

),

ranked as (

    -- a later file restates what an earlier one said of the same day and ad
    select
        *,
        row_number() over (
            partition by spend_date, ad_platform, campaign_id, ad_id
            order by loaded_at desc, _source_file desc
        ) as recency

    from by_file

)

select
    spend_date,
    ad_platform,
    campaign_id,
    ad_id,
    cast(spend as decimal(18, 4)) as spend

from ranked

where recency = 1
