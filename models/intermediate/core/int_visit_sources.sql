{%- set columns = source_columns() | join(', ') %}

with sources as (

    select {{ columns }} from {{ ref('stg_web_events') }} where reject_reason is null

    union

    select {{ columns }} from {{ ref('stg_orders') }} where reject_reason is null

    union

    select
        '' as click_id_kind,
        first_utm_source as utm_source,
        first_utm_medium as utm_medium,
        '' as referrer_domain

    from {{ ref('stg_orders') }}

    where reject_reason is null

),

fitting as (

    select
        {%- for column in source_columns() %}
        sources.{{ column }},
        {%- endfor %}
        rules.priority,
        rules.medium <> '' and rules.is_paid = 'true'
        and {{ is_listed('sources.utm_source', 'rules.medium') }} as is_source_a_medium,
        nullif(rules.publisher, '') as publisher,
        nullif(rules.is_paid, '') as is_paid,
        {{ is_listed('sources.click_id_kind', 'rules.click_id') }}
        and {{ is_listed('sources.utm_source', 'rules.source') }}
        and {{ is_listed('sources.utm_medium', 'rules.medium') }} as is_fitting

    from sources

    cross join {{ ref('utm_rules') }} as rules

),

-- the first rule that names a platform, and the first one that says whether it was paid
ruled as (

    select
        {{ columns }},
        min_by(publisher, priority) filter (where is_fitting and publisher is not null)
            as publisher,
        coalesce(
            min_by(is_paid, priority) filter (where is_fitting and is_paid is not null) = 'true',
            false
        ) as is_paid,
        coalesce(bool_or(is_source_a_medium), false) as is_source_a_medium,
        click_id_kind = '' and referrer_domain = '' and utm_source in ('', '(direct)', 'direct')
            as is_direct

    from fitting

    group by {{ columns }}

),

platforms as (

    select name_key, min(name) as name, bool_or(is_known) as is_known

    from {{ ref('stg_names') }}

    where kind = 'platform'

    group by name_key

)

select
    {%- for column in source_columns() %}
    ruled.{{ column }},
    {%- endfor %}
    case
        when ruled.is_paid
            then coalesce(ruled.publisher, platforms.name, nullif(ruled.utm_source, ''), 'unknown')
        when ruled.is_direct then '{{ unpaid_channels().direct }}'
        else '{{ unpaid_channels().organic }}'
    end as ad_platform,
    ruled.is_paid,
    ruled.is_paid and ruled.is_source_a_medium and ruled.publisher is null
    and not coalesce(platforms.is_known, false) as is_unnamed,
    -- of several in one visit the first paid one counts, then the first unpaid one, then none
    case when ruled.is_paid then 1 when ruled.is_direct then 3 else 2 end as source_rank

from ruled

left join platforms on ruled.utm_source = platforms.name_key
