{{ config(materialized='view') }}

{{ deduplicated('stg_ad_interactions', 'interaction_id') }}
