{# Platform and campaign as one text. `|` and `\` of the platform are escaped, so that no two names give
   one key. #}
{% macro campaign_key(ad_platform='ad_platform', campaign_id='campaign_id') -%}
    {{ escaped(ad_platform) }} || '|' || {{ campaign_id }}
{%- endmacro %}

{# A text in which no `|` stands unescaped: texts joined by `|` can then be told apart. #}
{% macro escaped(text) -%}
    replace(replace({{ text }}, '\', '\\'), '|', '\|')
{%- endmacro %}
