{{ config(materialized='view') }}

select distinct activity_date

from {{ ref('rpt_daily') }}
