{{ config(materialized='view') }}

{{ deduplicated('stg_ad_events', 'event_id') }}
