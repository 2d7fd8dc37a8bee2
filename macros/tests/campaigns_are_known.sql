{# Every platform and campaign of the table is in dim_campaigns, which reports join. #}
{% test campaigns_are_known(model) %}
select distinct tested.ad_platform, tested.campaign_id

from {{ model }} as tested

left join {{ ref('dim_campaigns') }} as campaigns
    on tested.ad_platform = campaigns.ad_platform and tested.campaign_id = campaigns.campaign_id

where campaigns.campaign_key is null
{% endtest %}
