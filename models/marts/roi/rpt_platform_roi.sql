select
    ad_platform,
    attribution_model,
    {{ roi_measures() }}

from {{ ref('int_returns') }}

where level = 'platform'
