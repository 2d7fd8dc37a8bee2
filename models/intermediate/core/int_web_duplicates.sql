with usable as (

    select event_id, _source_file, _source_line, _load_id

    from {{ ref('stg_web_events') }}

    where reject_reason is null

),

repeated as (

    select event_id from usable group by event_id having count(*) > 1

),

-- the row that landed first counts
numbered as (

    select
        usable.*,
        row_number() over (
            partition by usable.event_id
            order by usable._load_id, usable._source_file, usable._source_line
        ) as occurrence

    from usable

    inner join repeated on usable.event_id = repeated.event_id

)

select event_id, _source_file, _source_line

from numbered

where occurrence > 1
