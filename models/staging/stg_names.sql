{{ incremental_by_load() }}

{#- per raw table: the columns that are not named as here, or missing (false); staged: the model
    that stages new rows only, the others stage all in every build -#}
{%- set tables = {
    'ad_events': {'staged': 'stg_ad_events'},
    'ad_interactions': {
        'staged': 'stg_ad_interactions', 'gender': true, 'campaign_name': false, 'ad_type': true,
        'ad_category': true
    },
    'ad_spend': {'device_type': false},
    'ad_reports': {'gender': true},
    'web_events': {'ad_platform': 'utm_source', 'campaign_id': 'utm_id', 'campaign_name': 'utm_campaign'},
    'orders': {'ad_platform': 'utm_source', 'campaign_id': 'utm_id', 'campaign_name': 'utm_campaign'},
    'users': {'ad_platform': false, 'campaign_id': false, 'campaign_name': false, 'gender': true},
} -%}
{%- set columns = {
    'ad_platform': 'platform', 'campaign_id': 'campaign', 'campaign_name': 'campaign',
    'device_type': 'device', 'gender': 'gender', 'ad_type': 'format', 'ad_category': 'category'
} -%}
{#- columns that a table has only where it says so -#}
{%- set rare = ['gender', 'ad_type', 'ad_category'] -%}

with written as (

    -- each combination of names once, with the first row that has it
    {%- for table, has in tables.items() %}
    select
        {%- for column in columns %}
        {%- set name = has.get(column, column not in rare) %}
        {{ (column if name is sameas true else name) if name else 'cast(null as varchar)' }}
            as {{ column }},
        {%- endfor %}
        _loaded_at,
        _source_file,
        min(_source_line) as _source_line

    from {{ raw(table) }}
    {%- if is_incremental() and has.staged %}

    where _loaded_at > {{ max_loaded_at_text(has.staged) }}
    {%- endif %}

    group by {{ range(1, columns | length + 3) | join(', ') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

by_kind as (

    {%- for column, kind in columns.items() %}
    select '{{ kind }}' as kind, {{ column }} as spelling, _loaded_at, _source_file, _source_line

    from written
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

numbered as (

    select
        *,
        row_number() over (
            partition by kind, spelling order by _loaded_at, _source_file, _source_line
        ) as occurrence

    from by_kind

    where spelling is not null

),

keyed as (

    select
        kind,
        spelling,
        {{ folded('spelling') }} as name_key,
        {{ cleaned('spelling') }} as shown,
        row_number() over (order by _loaded_at, _source_file, _source_line, spelling)
            as first_seen

    from numbered

    where occurrence = 1

),

known as (
    {% if is_incremental() %}
    select kind, name_key, min(name) as name from {{ this }} group by 1, 2
    {% else %}
    select kind, spelling as name_key, name from {{ ref('spellings') }} where false
    {% endif %}
),

named as (

    select
        keyed.kind,
        keyed.spelling,
        keyed.name_key,
        -- a look-up, else the first spelling; `unattributed`, `(all)` and `(other)` are ours
        nullif(
            coalesce(
                spellings.name,
                known.name,
                case
                    when
                        keyed.kind in ('platform', 'campaign')
                        and keyed.name_key in ('unattributed', '(all)', '(other)')
                        then keyed.name_key || ' (' || keyed.kind || ')'
                end,
                first_value({{ null_if_word('keyed.shown') }}) over (
                    partition by keyed.kind, keyed.name_key order by keyed.first_seen
                )
            ),
            ''
        ) as name,
        spellings.name is not null as is_known

    from keyed

    left join {{ ref('spellings') }} as spellings
        on keyed.kind = spellings.kind and keyed.name_key = spellings.spelling

    left join known on keyed.kind = known.kind and keyed.name_key = known.name_key

)

select * from named
{%- if is_incremental() %}

where
    not exists (
        select 1
        from {{ this }} as former
        where named.kind = former.kind and named.spelling = former.spelling
    )
{%- endif %}
