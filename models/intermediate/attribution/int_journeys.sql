{{ incremental_by_load(by_user=true) }}
-- depends_on: {{ ref('int_user_activity') }}

{#- a name with the separator is quoted, so that no two paths give one text -#}
{%- set step -%}
    case
        when ad_platform like '%>%' or ad_platform like '%"%'
            then '"' || replace(ad_platform, '"', '""') || '"'
        else ad_platform
    end
{%- endset %}

-- consecutive touches on one platform are one step of the path
select
    user_id,
    conversion_id,
    cast(count(*) as bigint) as touches,
    {{ join_text(
        step, ' > ', 'touch_index',
        where='previous_platform is null or previous_platform <> ad_platform'
    ) }} as path,
    max(_load_id) as _load_id

from {{ ref('int_journey_touches') }}
{%- if is_incremental() %}

where _load_id > {{ max_load_id() }}
{%- endif %}

group by user_id, conversion_id
