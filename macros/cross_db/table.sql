{#
    `table` on DuckDB, whose statements about tables are part of a transaction: the former table is
    dropped in the transaction that builds the new one, so after a crash it is still there. dbt's own
    builds beside it, renames twice and drops, which takes half of a small table's time.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set former = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if model.language == 'sql' -%}
        {%- do drop_former(former) -%}
        {%- call statement('main') -%}
            {{ create_table_as(false, target_relation, compiled_code) }}
        {%- endcall -%}
    {%- else -%}
        {#- dbt-duckdb runs Python on another connection, which does not see this transaction -#}
        {%- set beside = make_intermediate_relation(target_relation) -%}
        {%- do drop_relation_if_exists(load_cached_relation(beside)) -%}
        {%- call statement('main', language='python') -%}
            {{ create_table_as(false, beside, compiled_code, 'python') }}
        {%- endcall -%}
        {%- do drop_former(former) -%}
        {%- call statement('rename') -%}
            alter table {{ beside }} rename to {{ adapter.quote(this.identifier) }}
        {%- endcall -%}
    {%- endif -%}
    {%- do create_indexes(target_relation) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro drop_former(former) -%}
    {%- if former is not none -%}
        {%- call statement('drop_former') -%} drop {{ former.type }} {{ former }} {%- endcall -%}
        {%- do adapter.cache_dropped(former) -%}
    {%- endif -%}
{%- endmacro %}
