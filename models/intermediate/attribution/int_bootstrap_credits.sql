{%- set models = rule_models() + ['platform_rule'] -%}

with credits as (

    select
        user_id,
        ad_platform,
        campaign_id,
        {%- for model in rule_models() %}
        {{ model }},
        {%- endfor %}
        cast(0 as decimal(13, 12)) as platform_rule

    from {{ ref('int_conversion_paths') }}

    union all

    select
        user_id,
        ad_platform,
        campaign_id,
        {%- for model in rule_models() %}
        cast(0 as decimal(13, 12)) as {{ model }},
        {%- endfor %}
        cast(1 as decimal(13, 12)) as platform_rule

    from {{ ref('int_platform_claims') }}

    where is_credited

),

by_campaign as (

    select
        users.user_bucket,
        credits.ad_platform,
        {%- for model in models %}
        sum(credits.{{ model }}) as {{ model }},
        {%- endfor %}
        credits.campaign_id

    from credits

    inner join {{ ref('int_user_activity') }} as users on credits.user_id = users.user_id

    group by users.user_bucket, credits.ad_platform, credits.campaign_id

)

select
    'platform' as level,
    user_bucket,
    ad_platform,
    {%- for model in models %}
    cast(sum({{ model }}) as double) as {{ model }},
    {%- endfor %}
    'all' as campaign_id

from by_campaign

group by user_bucket, ad_platform

union all

-- only campaigns with a chain, so that the solver reads a bounded number of rows
select
    'campaign' as level,
    by_campaign.user_bucket,
    by_campaign.ad_platform,
    {%- for model in models %}
    cast(by_campaign.{{ model }} as double) as {{ model }},
    {%- endfor %}
    by_campaign.campaign_id

from by_campaign

inner join {{ ref('int_markov_channels') }} as channels
    on channels.level = 'campaign'
    and by_campaign.ad_platform = channels.ad_platform
    and by_campaign.campaign_id = channels.campaign_id
