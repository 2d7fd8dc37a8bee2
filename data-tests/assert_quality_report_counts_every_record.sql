-- Without it the report on the data hides rows: those used and those rejected are not all.
select *

from {{ ref('rpt_data_quality') }}

where landed <> staged + rejected
