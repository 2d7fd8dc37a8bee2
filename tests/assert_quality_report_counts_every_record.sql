-- Without it the report on the data's quality hides rows: what it calls used and rejected is not all.
select *

from {{ ref('rpt_data_quality') }}

where landed <> staged + rejected
