{%- set told_or_not = [
    'account_id', 'account_name', 'campaign_id', 'campaign_name', 'currency', 'grain'
] %}

-- all that follows is decided by part of a report: far fewer rows than lines
with parts as (

    select
        _source_file,
        ad_platform,
        period_start,
        period_end,
        replaced_at is not null as is_superseded,
        {%- for name in told_or_not %}
        nullif({{ name }}, '') as {{ name }},
        {%- endfor %}
        max(loaded_at) as loaded_at,
        count(*) as report_lines,
        count(case when spend > 0 then 1 end) as lines_with_spend,
        sum(spend) as spend,
        sum(reported_conversions) as reported_conversions

    from {{ ref('stg_ad_reports') }}

    where reject_reason is null

    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11

),

-- one campaign under one key: an export with names only meets one that has the ids, too
named as (

    select
        *,
        {{ only_value('campaign_id', 'ad_platform, campaign_name') }} as id_of_name,
        coalesce(currency, {{ only_value('currency', 'ad_platform') }}, '') as currency_key,
        coalesce(
            account_id,
            case
                when account_name is not null
                    then {{ only_value('account_id', 'ad_platform, account_name') }}
            end,
            account_name
        ) as told_account

    from parts

),

with_campaign as (

    select
        *,
        coalesce(
            campaign_id, case when campaign_name is not null then id_of_name end, campaign_name
        ) as campaign_key

    from named

),

-- most exports do not name their account: it is that of the file's campaigns in other exports, else
-- the platform's only one; an account has one currency
with_campaign_account as (

    select
        *,
        case
            when campaign_key is not null
                then {{ only_value('told_account', 'ad_platform, currency_key, campaign_key') }}
        end as campaign_account

    from with_campaign

),

with_account as (

    select
        *,
        coalesce(
            told_account,
            {{ only_value('campaign_account', '_source_file, ad_platform, currency_key') }},
            campaign_account,
            {{ only_value('told_account', 'ad_platform, currency_key') }}
        ) as known_account

    from with_campaign_account

)

select
    *,
    coalesce(known_account, 'unknown ' || currency_key) as account_key,
    coalesce(cast(period_start as varchar), '') || '/' || coalesce(cast(period_end as varchar), '')
        as period,
    -- without an account, files of several accounts meet: each campaign is then judged by itself
    case when known_account is null then coalesce(campaign_key, '') else '' end as scope,
    -- a later landing wins, then the export that reaches further, then the file name; what a later
    -- pull replaced is older than all of them
    case when not is_superseded then cast({{ load_id('loaded_at') }} as varchar) else '0' end
    || '|' || coalesce(cast(max(period_end) over (partition by _source_file) as varchar), '')
    || '|' || _source_file as file_version

from with_account
