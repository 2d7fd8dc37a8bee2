-- The project's answers from landed events and spend, written by hand for DuckDB alone: what a build
-- is measured against. Every statement makes the table that its first line names; by_hand.py solves
-- the Markov chain and the segments in between. Well-formed files of one spelling are taken for
-- granted; repeated event ids, the journey's order, windows, cents and intervals are not.

create table repeated_events as
with repeated as (
    select event_id from 'DATA/ad_events/*.parquet' group by event_id having count(*) > 1
)
select event_id, min({'at': _loaded_at, 'file': _source_file, 'line': _source_line}) as first_row
from 'DATA/ad_events/*.parquet' semi join repeated using (event_id)
group by event_id;

create table stg_ad_events as
select
    event_id, user_id, try_cast(occurred_at as timestamp) as occurred_at, event_type, ad_platform,
    coalesce(campaign_id, 'unknown') as campaign_id, coalesce(ad_id, 'unknown') as ad_id,
    coalesce(device_type, 'unknown') as device_type,
    coalesce(conversion_id, event_id) as conversion_id,
    try_cast(revenue as decimal(18, 2)) as revenue, _source_file, _source_line,
    case
        when event_id is null then 'event_id is missing'
        when user_id is null then 'user_id is missing'
        when occurred_at is null then 'occurred_at is not a time'
        when ad_platform is null and event_type <> 'conversion' then 'ad_platform is missing'
        when event_type not in ('impression', 'view', 'click', 'conversion') then 'unknown type'
        when first_row <> {'at': _loaded_at, 'file': _source_file, 'line': _source_line}
            then 'repeated event_id'
    end as reject_reason
from 'DATA/ad_events/*.parquet' left join repeated_events using (event_id);

create table rejected_rows as
select 'ad_events' as raw_table, _source_file, _source_line, reject_reason
from stg_ad_events where reject_reason is not null;

create table rpt_data_quality as
select _source_file, count(*) as landed, count(*) - count(reject_reason) as staged
from stg_ad_events group by all;

create table fct_customer_journey as
select
    event_id as touch_id, user_id, ad_platform, campaign_id, ad_id, device_type,
    occurred_at as touched_at, if(event_type = 'click', 'click', 'view') as touch_kind,
    (event_type <> 'click')::int as impressions, (event_type = 'click')::int as clicks
from stg_ad_events where reject_reason is null and event_type <> 'conversion';

create table fct_conversions as
select
    conversion_id, user_id, occurred_at as converted_at, ad_platform, campaign_id, device_type, revenue
from stg_ad_events where reject_reason is null and event_type = 'conversion';

create table fct_ad_spend as
select
    spend_date::date as spend_date, ad_platform, campaign_id, ad_id,
    sum(spend::decimal(18, 4)) as spend
from 'DATA/ad_spend/*.parquet' group by all;

create table dim_campaigns as
select ad_platform, campaign_id from fct_customer_journey
union select ad_platform, campaign_id from fct_conversions
union select ad_platform, campaign_id from fct_ad_spend;

create table user_platforms as
with shown as (
    select
        user_id, ad_platform, sum(impressions) as impressions, sum(clicks) as clicks,
        count_if(device_type = 'Mobile') as mobile, count_if(device_type = 'Desktop') as desktop,
        count_if(device_type = 'Tablet') as tablet, max(touched_at) as last_touched_at
    from fct_customer_journey group by all
),
bought as (
    select user_id, ad_platform, count(*) as conversions, sum(revenue) as revenue
    from fct_conversions group by all
)
select * from shown full join bought using (user_id, ad_platform);

create table dim_users as
select
    user_id, sum(impressions)::bigint as impressions, sum(clicks)::bigint as clicks,
    count(impressions) as platforms_used, sum(conversions)::bigint as conversions,
    sum(revenue) as revenue, max(last_touched_at) as last_touched_at,
    case greatest(sum(mobile), sum(desktop), sum(tablet))
        when sum(mobile) then 'Mobile' when sum(desktop) then 'Desktop' else 'Tablet'
    end as device_type,
    ('0x' || md5(user_id)[:13])::bigint % 200 as user_bucket
from user_platforms group by user_id;

create table int_conversion_paths as
select
    conversion_id, touch_id, touches.user_id, touches.ad_platform, touches.campaign_id,
    touches.device_type, touch_kind, revenue,
    row_number() over path as touch_index,
    count(*) over (partition by conversion_id) as touches_in_path,
    count(*) over (partition by conversion_id, touches.ad_platform) as touches_of_platform,
    pow(0.5, date_diff('millisecond', touched_at, converted_at) / 604800000) as decay,
    lag(touches.ad_platform) over path as previous_platform,
    lag(touches.campaign_id) over path as previous_campaign
from fct_conversions as conversions
join fct_customer_journey as touches
    on touches.user_id = conversions.user_id and touched_at <= converted_at
    and touched_at >= converted_at - interval 30 day
window path as (partition by conversion_id order by touched_at, touch_kind desc, touch_id);

create table funnel_cells as
with shown as (
    select ad_platform, device_type, sum(impressions) as impressions, sum(clicks) as clicks
    from fct_customer_journey group by all
),
last_clicks as (
    select
        conversion_id, last(ad_platform order by touch_index) as ad_platform,
        last(device_type order by touch_index) as device_type
    from int_conversion_paths where touch_kind = 'click' group by conversion_id
),
bought as (
    select
        coalesce(last_clicks.ad_platform, conversions.ad_platform) as ad_platform,
        coalesce(last_clicks.device_type, conversions.device_type) as device_type,
        count(*) as conversions
    from fct_conversions as conversions left join last_clicks using (conversion_id) group by all
)
select * from shown full join bought using (ad_platform, device_type);

create table rpt_platform_funnel as
select
    ad_platform, sum(impressions) as impressions, sum(clicks) as clicks,
    sum(conversions) as conversions, wilson(sum(clicks), sum(impressions)) as ctr,
    wilson(sum(conversions), sum(clicks)) as cvr
from funnel_cells group by all;

create table rpt_device_funnel as
select
    device_type, sum(impressions) as impressions, sum(clicks) as clicks,
    sum(conversions) as conversions, wilson(sum(clicks), sum(impressions)) as ctr,
    wilson(sum(conversions), sum(clicks)) as cvr
from funnel_cells group by all;

create table int_markov_transitions as
with not_converting as (
    select
        user_id, ad_platform, campaign_id, lag(ad_platform) over journey as previous_platform,
        lag(campaign_id) over journey as previous_campaign,
        lead(ad_platform) over journey is null as is_last, false as is_converting
    from fct_customer_journey anti join int_conversion_paths using (touch_id)
    window journey as (partition by user_id order by touched_at, touch_kind desc, touch_id)
),
steps as (
    select * from not_converting
    union all by name
    select
        user_id, ad_platform, campaign_id, previous_platform, previous_campaign,
        touch_index = touches_in_path as is_last, true as is_converting
    from int_conversion_paths
),
counted as (
    select
        user_bucket, ad_platform, campaign_id, previous_platform, previous_campaign, is_last,
        is_converting, count(*) as journeys
    from steps join dim_users using (user_id) group by all
),
by_level as (
    select * exclude (campaign_id, previous_campaign), 'platform' as level,
        ad_platform as state, previous_platform as previous_state
    from counted
    union all by name
    select * exclude (campaign_id, previous_campaign), 'campaign' as level,
        concat_ws('|', ad_platform, campaign_id) as state,
        if(previous_platform is null, null, concat_ws('|', previous_platform, previous_campaign))
            as previous_state
    from counted
),
edges as (
    select level, user_bucket, coalesce(previous_state, '(start)') as from_state, state as to_state,
        journeys
    from by_level where previous_state is distinct from state
    union all
    select level, user_bucket, state, if(is_converting, '(conversion)', '(null)'), journeys
    from by_level where is_last
)
select level, user_bucket, from_state, to_state, sum(journeys)::bigint as journeys
from edges group by all;

create table int_cumulative_weights as
with weighed as (
    select
        conversion_id, user_id, touch_id, ad_platform, campaign_id, revenue, touch_index,
        touches_in_path,
        (touch_index = 1)::int as first_touch,
        (touch_index = touches_in_path)::int as last_touch,
        1e0 / touches_in_path as linear,
        case
            when touches_in_path <= 2 then 1e0 / touches_in_path
            when touch_index in (1, touches_in_path) then 0.4e0
            else 0.2e0 / (touches_in_path - 2)
        end as position_based,
        decay / sum(decay) over whole as time_decay,
        1e0 / touches_of_platform / sum(1e0 / touches_of_platform) over whole as shapley,
        removal_effect / sum(removal_effect) over whole as markov_path
    from int_conversion_paths
    join (select ad_platform, removal_effect from removal_effects where level = 'platform')
        using (ad_platform)
    window whole as (partition by conversion_id)
)
select
    conversion_id, user_id, touch_id, ad_platform, campaign_id, revenue, touch_index,
    touches_in_path,
    columns(* exclude (conversion_id, user_id, touch_id, ad_platform, campaign_id, revenue,
        touch_index, touches_in_path)),
    sum(columns(* exclude (conversion_id, user_id, touch_id, ad_platform, campaign_id, revenue,
        touch_index, touches_in_path))) over path as '\0_through'
from weighed
window path as (partition by conversion_id order by touch_index rows unbounded preceding);

create table fct_attribution_credits as
with long as (
    select
        conversion_id, user_id, touch_id, attribution_model, ad_platform, campaign_id, revenue,
        touch_index,
        case attribution_model
            when 'first_touch' then first_touch when 'last_touch' then last_touch
            when 'linear' then linear when 'position_based' then position_based
            when 'time_decay' then time_decay when 'shapley' then shapley else markov_path
        end as credit,
        if(touch_index = touches_in_path, 1e0, case attribution_model
            when 'first_touch' then first_touch_through when 'last_touch' then last_touch_through
            when 'linear' then linear_through when 'position_based' then position_based_through
            when 'time_decay' then time_decay_through when 'shapley' then shapley_through
            else markov_path_through
        end)::decimal(13, 12) as so_far
    from int_cumulative_weights cross join attribution_models
),
cents as (
    select *, lag(so_far, 1, 0::decimal(13, 12)) over (
        partition by conversion_id, attribution_model order by touch_index
    ) as before
    from long
)
select
    conversion_id, user_id, touch_id, attribution_model, ad_platform, campaign_id, credit,
    (revenue::decimal(20, 2) * so_far)::decimal(18, 2)
    - (revenue::decimal(20, 2) * before)::decimal(18, 2) as credited_revenue
from cents where credit > 0
union all
select
    conversion_id, user_id, null, attribution_model, 'unattributed', 'unattributed', 1e0, revenue
from fct_conversions anti join int_conversion_paths using (conversion_id)
cross join attribution_models;

create table rpt_platform_roi as
with by_user as (
    select
        attribution_model, ad_platform, user_id, sum(credit) as conversions,
        sum(credited_revenue)::double as revenue
    from fct_attribution_credits group by all
),
earned as (
    select
        attribution_model, ad_platform, sum(conversions) as conversions, sum(revenue) as revenue,
        sum(revenue * revenue) as revenue_squared
    from by_user group by all
),
spent as (select ad_platform, sum(spend)::double as spend from fct_ad_spend group by all),
people as (select count(*)::double as users from dim_users)
select
    *, revenue / spend - 1 as roi,
    1.959964 * sqrt(users / (users - 1) * (revenue_squared - revenue * revenue / users)) / spend
        as roi_margin,
    spend / conversions as cpa
from earned full join spent using (ad_platform) cross join people;

create table rpt_campaign_roi as
with by_user as (
    select
        attribution_model, ad_platform, campaign_id, user_id, sum(credit) as conversions,
        sum(credited_revenue)::double as revenue
    from fct_attribution_credits group by all
),
earned as (
    select
        attribution_model, ad_platform, campaign_id, sum(conversions) as conversions,
        sum(revenue) as revenue, sum(revenue * revenue) as revenue_squared
    from by_user group by all
),
spent as (
    select ad_platform, campaign_id, sum(spend)::double as spend from fct_ad_spend group by all
),
people as (select count(*)::double as users from dim_users)
select
    *, revenue / spend - 1 as roi,
    1.959964 * sqrt(users / (users - 1) * (revenue_squared - revenue * revenue / users)) / spend
        as roi_margin,
    spend / conversions as cpa
from earned full join spent using (ad_platform, campaign_id) cross join people;

create table rpt_platform_attribution as
with cells as (
    select user_bucket, attribution_model, ad_platform, sum(credit) as conversions
    from fct_attribution_credits join dim_users using (user_id)
    where ad_platform <> 'unattributed' group by all
),
totals as (select user_bucket, attribution_model, sum(conversions) as total from cells group by all),
sums as (
    select attribution_model, ad_platform, sum(conversions) as conversions from cells group by all
),
shares as (
    select *, conversions / sum(conversions) over (partition by attribution_model) as share
    from sums
)
select
    shares.attribution_model, shares.ad_platform, any_value(shares.conversions) as conversions,
    any_value(share) as share,
    1.644854 * sqrt(sum((coalesce(cells.conversions, 0) - share * total) ** 2)) / sum(total)
        as share_margin
from shares join totals using (attribution_model)
left join cells using (attribution_model, ad_platform, user_bucket)
group by shares.attribution_model, shares.ad_platform;

create table rpt_conversion_paths as
with converting as (
    select conversion_id, any_value(revenue) as revenue,
        string_agg(ad_platform, ' > ' order by touch_index) filter (
            where previous_platform is distinct from ad_platform
        ) as path
    from int_conversion_paths group by conversion_id
)
select path, count(*) as conversions, sum(revenue) as revenue
from converting group by path order by conversions desc limit 1000;

create table rpt_audience as
select
    ad_platform, users.device_type, count(*) as users, sum(cells.impressions) as impressions,
    sum(cells.clicks) as clicks, sum(cells.conversions) as conversions,
    wilson(sum(cells.clicks), sum(cells.impressions)) as ctr,
    wilson(sum(cells.conversions), sum(cells.clicks)) as cvr
from user_platforms as cells join dim_users as users using (user_id) group by all;

create table int_user_features as
select
    user_id, ln(1 + coalesce(impressions, 0)) as impressions, ln(1 + coalesce(clicks, 0)) as clicks,
    clicks / nullif(impressions, 0)::double as ctr,
    ln(1 + coalesce(conversions, 0)) as conversions,
    ln(1 + coalesce(revenue, 0)::double) as revenue,
    date_diff('millisecond', last_touched_at, max(last_touched_at) over ()) / 86400000e0
        as recency_days,
    platforms_used::double as platforms_used,
    if(device_type = 'Mobile', sqrt(0.5), 0) as is_mobile,
    if(device_type = 'Desktop', sqrt(0.5), 0) as is_desktop,
    if(device_type = 'Tablet', sqrt(0.5), 0) as is_tablet
from dim_users;

create table int_segment_sample as
select * from int_user_features order by md5('sample|' || user_id), user_id limit 20000;

create table dim_user_segments as
with long as (
    unpivot int_user_features on columns(* exclude user_id) into name feature value value
),
distances as (
    select user_id, segment, sum(((coalesce(value, fill) - mean) / sd - centroid) ** 2) as distance
    from long join segment_centroids using (feature) group by all
)
select user_id, min_by(segment, distance) as segment from distances group by all;

create table rpt_segments as
select
    segment, count(*) as users, sum(impressions) as impressions, sum(clicks) as clicks,
    sum(conversions) as conversions, sum(revenue) as revenue
from dim_user_segments join dim_users using (user_id) group by all;
