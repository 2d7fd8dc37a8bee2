{%- set chosen_lookback = 'lookback_days = ' ~ var('lookback_days') -%}
{%- set chosen_model = "attribution_model = '" ~ var('attribution_model') ~ "'" -%}

with sensitivity as (

    select * from {{ ref('rpt_attribution_sensitivity') }}

),

platforms as (

    select
        ad_platform,
        verdict_depends_on_rule

    from {{ ref('rpt_platform_roi') }}

    where {{ chosen_model }}

)

select
    sensitivity.ad_platform,
    {%- for figure in ['share', 'roi'] %}
    min(case when {{ chosen_lookback }} then sensitivity.{{ figure }} end) as lowest_{{ figure }},
    max(case when {{ chosen_lookback }} then sensitivity.{{ figure }} end) as highest_{{ figure }},
    {%- endfor %}
    min(case when {{ chosen_lookback }} then sensitivity.roi_rank end) as best_roi_rank,
    max(case when {{ chosen_lookback }} then sensitivity.roi_rank end) as worst_roi_rank,
    min(case when {{ chosen_model }} then sensitivity.roi end) as lowest_roi_by_lookback,
    max(case when {{ chosen_model }} then sensitivity.roi end) as highest_roi_by_lookback,
    platforms.verdict_depends_on_rule,
    sensitivity.is_simulated

from sensitivity

left join platforms on sensitivity.ad_platform = platforms.ad_platform

group by
    sensitivity.ad_platform,
    platforms.verdict_depends_on_rule,
    sensitivity.is_simulated
