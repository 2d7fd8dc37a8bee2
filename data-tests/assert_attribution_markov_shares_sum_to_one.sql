-- Without it the classical Markov model hands out more or less than all conversions.
select
    level,
    sum(share) as shares

from {{ ref('removal_effects') }}

group by level

having abs(sum(share) - 1e0) > 1e-12
