{#
    One check of all variables, before anything is built: known names, types, ranges. What each may
    be stands in the variable `allowed` of dbt_project.yml. The first hook of a run calls it, so dbt
    reads it with the project and stops before it opens a database; `social-roi` calls the same text
    before it lands anything (python/social_roi/variables.py): no `return` in what both call.

    names: those that somebody gave, of which unknown ones are misspelled.
#}
{% macro check_settings(names) -%}
    {%- set allowed = var('allowed') -%}
    {%- for name in names if name != 'allowed' and name not in allowed -%}
        {{ exceptions.raise_compiler_error(
            name ~ ': there is no such setting; did you mean ' ~ nearest_name(name, allowed) | trim ~ '?'
        ) }}
    {%- endfor -%}
    {%- for name, rule in allowed.items() -%}
        {%- set value = var(name, 'demo') if name == 'input' else var(name) -%}
        {%- if rule.get('keys') and not (
            value is mapping and value.keys() | sort | list == rule['keys'] | sort | list
        ) -%}
            {{ wrong_setting(name, value, rule) }}
        {%- endif -%}
        {%- for part in (value.values() | list if rule.get('keys') else [value]) -%}
            {%- if rule.get('many') and (part is string or part is mapping or part is not sequence
                or not part) -%}
                {{ wrong_setting(name, value, rule) }}
            {%- endif -%}
            {%- for item in (part if rule.get('many') else [part]) -%}
                {%- if is_allowed(item, rule) | trim != 'yes' -%} {{ wrong_setting(name, value, rule) }} {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}

{# The variables given on dbt's command line; those of another project's are not ours to judge. #}
{% macro given_settings() -%}
    {{ return((invocation_args_dict.get('vars') or {}) if project_name == 'social_roi' else {}) }}
{%- endmacro %}

{# `yes` where one value keeps a rule of `allowed`. #}
{% macro is_allowed(value, rule) -%}
    {%- if rule.get('empty') and value in ('', none) -%} yes
    {%- elif rule['is'] is not string -%}
        {%- if value | string | lower in rule['is'] | map('string') | map('lower') | list -%} yes {%- endif -%}
    {%- elif rule['is'] == 'mapping' -%}
        {%- if value is mapping -%} yes {%- endif -%}
    {%- elif rule['is'] == 'text' -%}
        {%- if value is string -%} yes {%- endif -%}
    {%- elif rule['is'] == 'currency' -%}
        {%- if value is string and value | length == 3 and value.isalpha() and value.isascii() -%} yes {%- endif -%}
    {%- elif (value is integer or (rule['is'] == 'number' and value is float)) and value is not boolean
        and value >= rule.get('from', value) and value <= rule.get('to', value)
        and value > rule.get('above', value - 1) -%} yes
    {%- endif -%}
{%- endmacro %}

{# Stops with what is wrong and what is allowed. #}
{% macro wrong_setting(name, value, rule) -%}
    {%- set words = [] -%}
    {%- if rule['is'] is not string -%}
        {%- do words.append('one of ' ~ rule['is'] | map('string') | map('lower') | join(', ')) -%}
    {%- elif rule['is'] == 'currency' -%}
        {%- do words.append('a currency of three letters, such as EUR') -%}
    {%- elif rule['is'] in ['mapping', 'text'] -%}
        {%- do words.append('a ' ~ rule['is']) -%}
    {%- else -%}
        {%- do words.append('a whole number' if rule['is'] == 'integer' else 'a number') -%}
        {%- if 'above' in rule -%} {%- do words.append('above ' ~ rule['above']) -%} {%- endif -%}
        {%- if 'from' in rule -%} {%- do words.append('from ' ~ rule['from']) -%} {%- endif -%}
        {%- if 'to' in rule -%} {%- do words.append('to ' ~ rule['to']) -%} {%- endif -%}
    {%- endif -%}
    {%- set of_each = 'a list, each item ' if rule.get('many') else '' -%}
    {%- set keys = ' for each of ' ~ rule['keys'] | join(', ') if rule.get('keys') else '' -%}
    {{ exceptions.raise_compiler_error(
        name ~ ' is ' ~ (value | string or 'empty') ~ '; it has to be ' ~ of_each ~ words | join(' ')
        ~ keys ~ (', or empty' if rule.get('empty') else '')
    ) }}
{%- endmacro %}

{# The name that shares most pairs of letters with a misspelled one. #}
{% macro nearest_name(word, names) -%}
    {%- set best = namespace(name='', score=-1) -%}
    {%- for name in names -%}
        {%- set shared = namespace(pairs=0) -%}
        {%- for start in range(word | length - 1) if word[start:start + 2] | lower in name -%}
            {%- set shared.pairs = shared.pairs + 1 -%}
        {%- endfor -%}
        {%- set score = shared.pairs / (name | length + word | length) -%}
        {%- if score > best.score -%}
            {%- set best.name = name -%} {%- set best.score = score -%}
        {%- endif -%}
    {%- endfor -%}
    {{- best.name -}}
{%- endmacro %}

{# Whether all settings that the demo's planted figures rest on are those that it is planted for. #}
{% macro are_settings_planted() -%}
    {%- for name, rule in var('allowed').items() if 'planted' in rule and var(name) != rule['planted'] -%}
        {{ return(false) }}
    {%- endfor -%}
    {{ return(true) }}
{%- endmacro %}
