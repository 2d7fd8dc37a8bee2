-- Without it the data quality report hides rows that are neither used nor rejected.
select *

from {{ ref('rpt_data_quality') }}

where landed <> staged + rejected
