with counts as (

    select * from {{ ref('int_warning_counts') }}

),

kinds as (

    select listed.warning

    from (
        values
        ('clicks above impressions'),
        ('unknown platform'),
        ('unknown device'),
        ('another age than the one used'),
        ('another gender than the one used'),
        ('revenue without a conversion'),
        ('conversion without revenue'),
        ('blank spend'),
        ('spend ignored beside ad_spend')
    ) as listed (warning)

),

row_warnings as (

    select
        counts.raw_table,
        counts._source_file,
        kinds.warning,
        cast(
            case kinds.warning
                when 'clicks above impressions' then counts.clicks_above_impressions
                when 'unknown platform' then counts.unknown_platform
                when 'unknown device' then counts.unknown_device
                when 'another age than the one used' then counts.other_age
                when 'another gender than the one used' then counts.other_gender
                when 'revenue without a conversion' then counts.revenue_without_conversion
                when 'conversion without revenue' then counts.revenue_blank
                when 'blank spend' then counts.spend_blank
                when 'spend ignored beside ad_spend' then counts.spend_ignored
            end as bigint
        ) as warned_rows

    from counts

    cross join kinds

),

-- what landing had to guess about a whole file
file_warnings as (

    select
        raw_table,
        _source_file,
        warning,
        landed_rows as warned_rows

    from {{ ref('stg_landed_files') }}

    where warning is not null

)

select * from row_warnings where warned_rows > 0

union all

select * from file_warnings
