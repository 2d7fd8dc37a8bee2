-- Without it the centroids may rest on no candidate or on whichever of two comes first.
select count(case when is_selected then 1 end) as selected

from {{ ref('segment_selection') }}

having count(*) > 0 and count(case when is_selected then 1 end) <> 1
