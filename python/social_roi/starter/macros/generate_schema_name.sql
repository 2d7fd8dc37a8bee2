{# The schemas of your own seeds and models are named as those of the package. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ social_roi.generate_schema_name(custom_schema_name, node) }}
{%- endmacro %}
