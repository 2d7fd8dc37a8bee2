{{ grows(by_user=true) }}
-- depends_on: {{ ref('int_active_users') }}

-- touches in a row on one platform are one step of the path
select
    user_id,
    conversion_id,
    cast(count(*) as bigint) as touches,
    {{ join_text(
        'ad_platform', ' > ', 'touch_index',
        where='previous_platform is null or previous_platform <> ad_platform'
    ) }} as path,
    max(_landing) as _landing

from {{ ref('int_path_steps') }}
{%- if is_incremental() %}

where _landing > {{ landed_until() }}
{%- endif %}

group by user_id, conversion_id
