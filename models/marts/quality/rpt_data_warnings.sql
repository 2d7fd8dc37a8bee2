{#- per raw table: the warnings and what each counts; a new warning is one more line here -#}
{%- set unknown_device = 'used.device_type is not null and not used.is_device_mapped' -%}
{%- set checks = [
    {
        'raw_table': 'ad_interactions', 'rows': ref('int_interactions_deduplicated'), 'has_users': true,
        'warnings': {
            'clicks above impressions': 'count_if(used.clicks > used.impressions)',
            'unknown platform': 'count_if(not used.is_platform_mapped)',
            'unknown device': 'count_if(' ~ unknown_device ~ ')',
            'another age than the one used': 'count_if(used.age <> users.age)',
            'another gender than the one used': 'count_if(used.gender <> users.gender)',
            'revenue without a conversion': 'count_if(used.is_revenue_ignored)',
            'conversion without revenue': 'count_if(
                used.conversions = 1 and used.revenue is null and not flags.is_revenue_simulated
            )',
            'blank spend': 'count_if(
                used.spend is null and not flags.is_billed and not flags.is_spend_simulated
            )',
        },
    },
    {
        'raw_table': 'ad_events', 'rows': ref('int_events_by_file'),
        'warnings': {
            'unknown platform': 'sum(used.unknown_platform)',
            'unknown device': 'sum(used.unknown_device)',
            'revenue without a conversion': 'sum(used.revenue_ignored)',
            'conversion without revenue': 'sum(
                case
                    when not flags.is_revenue_simulated
                        then used.conversions - used.conversions_with_revenue
                end
            )',
        },
    },
    {
        'raw_table': 'ad_spend', 'rows': ref('stg_ad_spend'), 'is_staged': true,
        'warnings': {
            'unknown platform': 'count_if(not used.is_platform_mapped)',
            'blank spend': 'count_if(used.spend is null)',
        },
    },
    {
        'raw_table': 'ad_reports', 'rows': ref('stg_ad_reports'), 'is_staged': true,
        'warnings': {
            'unknown platform': 'count_if(not used.is_platform_mapped)',
            'unknown device': 'count_if(' ~ unknown_device ~ ')',
            'clicks above impressions': 'count_if(used.clicks > used.impressions)',
            'blank spend': 'count_if(used.spend is null)',
            'no currency: taken as that of the project': 'count_if(
                used.currency is null and coalesce(used.spend, used.reported_revenue) is not null
            )',
        },
    },
    {
        'raw_table': 'ad_reports', 'rows': ref('int_ad_reports_restated'),
        'warnings': {
            'replaced by a later file': 'sum(case when used.is_replaced then used.report_lines end)',
        },
    },
    {
        'raw_table': 'ad_reports', 'rows': ref('int_ad_reports_totalled'),
        'warnings': {
            'not in totals: shorter reports tell these days':
                'sum(case when used.is_told_better then used.report_lines end)',
            'not in totals: reports of a coarser grain do not name the campaign':
                'sum(case when used.is_campaign_missing then used.lines_with_spend end)',
        },
    },
    {
        'raw_table': 'web_events', 'rows': ref('stg_web_events'), 'is_staged': true,
        'warnings': {
            'unknown device': 'count_if(' ~ unknown_device ~ ')',
            'purchase without revenue': "count_if(used.event_name = 'purchase' and used.revenue is null)",
            'no currency: taken as that of the project':
                'count_if(used.currency is null and used.revenue is not null)',
        },
    },
    {
        'raw_table': 'orders', 'rows': ref('stg_orders'), 'is_staged': true,
        'warnings': {
            'unknown device': 'count_if(' ~ unknown_device ~ ')',
            'unknown status: counted': 'count_if(not used.is_status_known)',
            'no currency: taken as that of the project':
                'count_if(used.currency is null and used.revenue is not null)',
        },
    },
    {
        'raw_table': 'users', 'rows': ref('stg_users'), 'is_staged': true, 'has_users': true,
        'warnings': {
            'unknown device': 'count_if(' ~ unknown_device ~ ')',
            'another age than the one used': 'count_if(used.age <> users.age)',
            'another gender than the one used': 'count_if(used.gender <> users.gender)',
        },
    },
] -%}

with
{%- for check in checks %}

counts_{{ loop.index }} as (

    select
        {%- for counted in check.warnings.values() %}
        cast({{ counted }} as bigint) as warning_{{ loop.index }},
        {%- endfor %}
        used._source_file

    from {{ check.rows }} as used

    -- some checks read them
    cross join {{ ref('int_simulation_flags') }} as flags  -- noqa: AL05
    {%- if check.has_users %}

    left join {{ ref('dim_users') }} as users on used.user_id = users.user_id
    {%- endif %}
    {%- if check.is_staged %}

    where used.reject_reason is null
    {%- endif %}

    group by used._source_file

){{ ',' if not loop.last }}
{%- endfor %}

select * from {{ ref('int_file_warnings') }}

union all

{% for check in checks %}
{%- set counts = 'counts_' ~ loop.index %}
{%- for warning in check.warnings %}
select
    '{{ check.raw_table }}' as raw_table,
    _source_file,
    '{{ warning }}' as warning,
    warning_{{ loop.index }} as warned_rows

from {{ counts }}

where warning_{{ loop.index }} > 0

union all
{% endfor %}
{%- endfor %}
select raw_table, _source_file, warning, warned_rows from {{ ref('rpt_money_warnings') }}
