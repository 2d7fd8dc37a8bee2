-- Without it a new rule gives clicks to a platform whose bills are somebody else's.
{{ config(group='core') }}

select
    rules.priority,
    rules.publisher,
    rules.ad_platform,
    sellers.seller

from {{ ref('utm_rules') }} as rules

left join {{ ref('platform_sellers') }} as sellers on rules.publisher = sellers.ad_platform

where
    coalesce(rules.publisher, '') <> ''
    and coalesce(rules.ad_platform, '') <> coalesce(sellers.seller, rules.publisher)
