-- Without it the centroids may belong to no candidate, or to an arbitrary one of two.
select count(case when is_selected then 1 end) as selected

from {{ ref('segment_selection') }}

having count(*) > 0 and count(case when is_selected then 1 end) <> 1
