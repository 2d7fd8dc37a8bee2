select
    '' as level_prefix,
    ad_platform,
    ad_platform as told_platform

from {{ ref('dim_campaigns') }}

union

select '' as level_prefix, 'unattributed' as ad_platform, 'unattributed' as told_platform

union

select 'billed_' as level_prefix, ad_platform, billed_platform as told_platform

from {{ ref('int_billed_platforms') }}
