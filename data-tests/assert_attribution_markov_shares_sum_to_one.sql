-- Without it the Markov model credits more or fewer conversions than there are.
select
    level,
    sum(share) as shares

from {{ ref('removal_effects') }}

group by level

having abs(sum(share) - 1e0) > 1e-12
