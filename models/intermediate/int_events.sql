{{ config(materialized='view') }}

{{ used_rows('stg_ad_events', 'event_id', repeats='int_repeated_rows') }}
