{{ config(materialized='view') }}

{{ used_rows('stg_ad_events', 'event_id') }}
