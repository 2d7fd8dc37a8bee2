{# The features that segments are computed from, in the order of the solver. #}
{% macro segment_features() -%}
    {{ return([
        'impressions', 'clicks', 'ctr', 'conversions', 'revenue', 'time_spent', 'recency_days',
        'platforms_used', 'age', 'is_mobile', 'is_desktop', 'is_tablet'
    ]) }}
{%- endmacro %}
