{%- set models = rule_models() + ['platform_rule'] -%}

with credits as (

    select
        user_id,
        ad_platform,
        campaign_id,
        {{ rule_models() | join(', ') }},
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
    levels.level,
    credits.user_bucket,
    credits.ad_platform,
    {%- for model in models %}
    cast(sum(credits.{{ model }}) as double) as {{ model }},
    {%- endfor %}
    channels.campaign_id

from by_campaign as credits

cross join (values ('platform'), ('campaign')) as levels (level)

-- only campaigns with a chain, so that the solver reads a bounded number of rows
inner join {{ ref('int_markov_channels') }} as channels
    on levels.level = channels.level
    and credits.ad_platform = channels.ad_platform
    and case levels.level when 'platform' then 'all' else credits.campaign_id end
    = channels.campaign_id

group by levels.level, credits.user_bucket, credits.ad_platform, channels.campaign_id
