{{ config(materialized='view') }}

{{ used_rows('stg_ad_interactions', 'interaction_id') }}
