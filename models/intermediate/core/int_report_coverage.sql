with reports as (

    select * from {{ ref('fct_ad_reports') }} where spend is not null

),

-- what is beside the totals, and the totals of the same days
compared as (

    select
        finer.ad_platform,
        finer.account_id,
        finer.grain,
        finer._source_file,
        finer.finer_rows,
        finer.spend,
        sum(totals.spend) as total_spend

    from (

        select
            ad_platform,
            account_id,
            grain,
            period_start,
            period_end,
            min(_source_file) as _source_file,
            count(*) as finer_rows,
            sum(spend) as spend

        from reports

        where not is_in_totals

        group by ad_platform, account_id, grain, period_start, period_end

    ) as finer

    inner join reports as totals
        on finer.ad_platform = totals.ad_platform
        and coalesce(finer.account_id, '') = coalesce(totals.account_id, '')
        and finer.period_start <= totals.period_start
        and finer.period_end >= totals.period_end

    where totals.is_in_totals

    group by
        finer.ad_platform,
        finer.account_id,
        finer.grain,
        finer.period_start,
        finer.period_end,
        finer._source_file,
        finer.finer_rows,
        finer.spend

)

select
    ad_platform,
    account_id,
    grain,
    cast(sum(spend) as decimal(18, 2)) as spend,
    cast(sum(total_spend) as decimal(18, 2)) as total_spend,
    {{ safe_divide('sum(spend)', 'sum(total_spend)') }} as coverage,
    cast(sum(finer_rows) as bigint) as finer_rows,
    min(_source_file) as _source_file

from compared

group by ad_platform, account_id, grain
