-- Without it a clean row may be refused or a dirty one used, and the totals would still add up.
{{ config(enabled=var('input', 'demo') == 'demo' and are_settings_planted()) }}

with planted as (

    select
        subject as file_and_line,
        value

    from {{ ref('demo_planted_truth') }}

    where kind = 'dirty'

),

refused as (

    select _source_file || ':' || cast(_source_line as varchar) as file_and_line

    from {{ ref('rejected_rows') }}

    except

    -- records that are not rows are not among the planted ones
    select _source_file || ':' || cast(_source_line as varchar) as file_and_line

    from {{ ref('stg_landing_rejects') }}

    union all

    -- used, with a warning
    select user_rows._source_file || ':' || cast(user_rows._source_line as varchar) as file_and_line

    from {{ ref('stg_users') }} as user_rows

    inner join {{ ref('dim_users') }} as users on user_rows.user_id = users.user_id

    where user_rows.age <> users.age

)

select
    planted.file_and_line as planted,
    planted.value,
    refused.file_and_line as refused

from planted

full outer join refused on planted.file_and_line = refused.file_and_line

where planted.file_and_line is null or refused.file_and_line is null
