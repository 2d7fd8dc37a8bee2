-- Without it nothing compares the answers with figures that are known to be true.
{{ config(enabled=var('input', 'demo') == 'demo' and are_settings_planted()) }}

with planted as (

    select *

    from {{ ref('demo_planted_truth') }}

    where
        kind <> 'dirty'
        -- not available before the first solve
        and (kind <> 'segments' or exists (select 1 from {{ ref('segment_selection') }}))
        and (kind <> 'budget' or exists (select 1 from {{ ref('budget_advice') }}))

),

platform_roi as (

    select *

    from {{ ref('rpt_platform_roi') }}

    where attribution_model = '{{ var("attribution_model") }}'

),

-- rank 1 under first_touch opens most journeys, rank 1 under last_touch closes most
journey_ends as (

    select
        ad_platform,
        case attribution_model
            when 'first_touch' then 'opens_most'
            when 'last_touch' then 'closes_most'
        end as metric,
        row_number() over (
            partition by attribution_model
            order by conversions desc, ad_platform
        ) as place

    from {{ ref('rpt_platform_attribution') }}

    where attribution_model in ('first_touch', 'last_touch')

),

intervals as (

    select
        'platform' as kind,
        ad_platform as subject,
        'roi' as metric,
        roi_low as low,
        roi_high as high

    from platform_roi

    union all

    select
        'device' as kind,
        device_type as subject,
        'cvr' as metric,
        cvr_low as low,
        cvr_high as high

    from {{ ref('rpt_device_funnel') }}

    union all

    select
        'journey' as kind,
        ad_platform as subject,
        metric,
        place as low,
        place as high

    from journey_ends

    union all

    select
        'segments' as kind,
        'users' as subject,
        'kinds' as metric,
        k as low,
        k as high

    from {{ ref('segment_selection') }}

    where is_selected

),

verdicts as (

    select 'platform' as kind, ad_platform as subject, verdict from platform_roi

    union all

    select 'campaign' as kind, campaign_id as subject, verdict

    from {{ ref('rpt_campaign_roi') }}

    where attribution_model = '{{ var("attribution_model") }}'

    union all

    select
        'budget' as kind,
        ad_platform as subject,
        case when change < 0 then 'gives' when change > 0 then 'takes' end as verdict

    from {{ ref('rpt_budget_moves') }}

    where level = 'platform'

),

audience as (

    select
        planted.subject,
        audience.conversions,
        audience.clicks,
        audience.gender || ' ' || audience.age_band = planted.subject as is_inside

    from planted

    cross join {{ ref('rpt_audience') }} as audience

    where planted.kind = 'audience'

),

responses as (

    select
        subject,
        sum(case when is_inside then conversions end) as conversions_inside,
        sum(case when is_inside then clicks end) as clicks_inside,
        sum(case when not is_inside then conversions end) as conversions_outside,
        sum(case when not is_inside then clicks end) as clicks_outside

    from audience

    group by subject

)

select planted.*

from planted

left join intervals
    on planted.kind = intervals.kind
    and planted.subject = intervals.subject
    and planted.metric = intervals.metric

left join verdicts
    on planted.kind = verdicts.kind
    and planted.subject = verdicts.subject

left join responses
    on planted.kind = 'audience'
    and planted.subject = responses.subject

where
    not coalesce(
        case planted.metric
            when 'verdict' then planted.value = verdicts.verdict
            -- a factor above 1 means a higher response than all others, below 1 a lower one
            when 'relative_response'
                then
                    (try_cast(planted.value as double) > 1e0) = (
                        responses.conversions_inside * responses.clicks_outside
                        > responses.conversions_outside * responses.clicks_inside
                    )
            else try_cast(planted.value as double) between intervals.low and intervals.high
        end,
        false
    )
