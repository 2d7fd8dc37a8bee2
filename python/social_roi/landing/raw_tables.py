"""The raw data contract: which columns make a file one of the raw tables, and what each holds.

Landing recognises a file by these columns and makes dates, times and numbers canonical; the staging
models give types and decide what is rejected.
"""

from dataclasses import dataclass

EVENT_TYPES = ("impression", "click", "view", "conversion", "refund")


@dataclass(frozen=True)
class Column:
    """One raw column.

    kind: `text` (also ids, codes), `integer`, `decimal`, `date` or `timestamp`.
    is_key: a file without it is not this table. A column that no model uses is text.
    """

    name: str
    kind: str = "text"
    is_key: bool = False


AD_INTERACTIONS = (
    Column("user_id", is_key=True),
    Column("age", "integer"),
    Column("gender"),
    Column("location"),
    Column("interests"),
    Column("ad_id", is_key=True),
    Column("ad_category"),
    Column("ad_platform", is_key=True),
    Column("ad_type"),
    Column("impressions", "integer", is_key=True),
    Column("clicks", "integer", is_key=True),
    Column("conversion", "integer", is_key=True),
    Column("time_spent_on_ad", "decimal"),
    Column("day_of_week"),
    Column("device_type"),
    Column("engagement_score"),
    Column("interaction_at", "timestamp"),
    Column("campaign_id"),
    Column("ad_spend", "decimal"),
    Column("revenue", "decimal"),
)

AD_EVENTS = (
    Column("event_id", is_key=True),
    Column("user_id", is_key=True),
    Column("occurred_at", "timestamp", is_key=True),
    Column("event_type", is_key=True),
    Column("ad_platform", is_key=True),
    Column("campaign_id"),
    Column("campaign_name"),
    Column("ad_id"),
    Column("device_type"),
    Column("conversion_id"),
    Column("revenue", "decimal"),
)

AD_SPEND = (
    Column("spend_date", "date", is_key=True),
    Column("ad_platform", is_key=True),
    Column("campaign_id"),
    Column("campaign_name"),
    Column("ad_id"),
    Column("spend", "decimal", is_key=True),
    Column("currency"),
    Column("impressions"),
    Column("clicks"),
)

USERS = (
    Column("user_id", is_key=True),
    Column("age", "integer"),
    Column("gender"),
    Column("location"),
    Column("device_type"),
)

# What a platform reports about itself: counts of a day or a period, by campaign, ad or audience.
AD_REPORTS = (
    Column("period_start", "date", is_key=True),
    Column("period_end", "date", is_key=True),
    Column("ad_platform", is_key=True),
    Column("publisher"),
    Column("account_id"),
    Column("account_name"),
    Column("campaign_id"),
    Column("campaign_name"),
    Column("ad_group_id"),
    Column("ad_group_name"),
    Column("ad_id"),
    Column("ad_name"),
    Column("device_type"),
    Column("age_band"),
    Column("gender"),
    Column("country"),
    Column("placement"),
    Column("spend", "decimal"),
    Column("currency"),
    Column("impressions", "integer"),
    Column("clicks", "integer"),
    Column("clicks_kind"),
    Column("clicks_all", "integer"),
    Column("reach", "integer"),
    Column("reported_conversions", "decimal"),
    Column("reported_revenue", "decimal"),
    Column("reported_leads", "decimal"),
    Column("conversion_kind"),
    Column("attribution_setting"),
    Column("report_zone"),
    Column("grain", is_key=True),
    Column("layout"),
    Column("replaced_at"),
)

# What a site logs: visits and purchases. Persons are salted hashes, of URLs only UTM and the names
# of click ids are left: only layouts and mapping files make these tables (see logs.py).
WEB_EVENTS = (
    Column("event_id", is_key=True),
    Column("user_key", is_key=True),
    Column("account_key"),
    Column("occurred_at", "timestamp", is_key=True),
    Column("event_name", is_key=True),
    Column("session_id"),
    Column("referrer_domain"),
    Column("utm_source"),
    Column("utm_medium"),
    Column("utm_campaign"),
    Column("utm_id"),
    Column("utm_content"),
    Column("click_id_kind"),
    Column("device_type"),
    Column("country"),
    Column("order_id"),
    Column("revenue", "decimal"),
    Column("currency"),
    Column("layout"),
)

# One row per line of a shop's file; staging folds the lines of an order.
ORDERS = (
    Column("order_id", is_key=True),
    Column("account_key", is_key=True),
    Column("ordered_at", "timestamp", is_key=True),
    Column("status"),
    Column("revenue", "decimal", is_key=True),
    Column("refunded", "decimal"),
    Column("refunded_at", "timestamp"),
    Column("currency"),
    Column("utm_source"),
    Column("utm_medium"),
    Column("utm_campaign"),
    Column("utm_id"),
    Column("utm_content"),
    Column("click_id_kind"),
    Column("referrer_domain"),
    Column("device_type"),
    Column("visited_at", "timestamp"),
    Column("first_utm_source"),
    Column("first_utm_medium"),
    Column("first_utm_campaign"),
    Column("first_visited_at", "timestamp"),
    Column("layout"),
)

# Most specific first: every file of interactions also has the columns of users.
RAW_TABLES = {
    "ad_interactions": AD_INTERACTIONS,
    "ad_events": AD_EVENTS,
    "ad_spend": AD_SPEND,
    "ad_reports": AD_REPORTS,
    "users": USERS,
    "web_events": WEB_EVENTS,
    "orders": ORDERS,
}
# Read by a layout or a mapping file only, since persons have to be hashed.
LOG_TABLES = ("web_events", "orders")

# What landing adds to every raw row. `_source_line` is a bigint, the others are text.
SOURCE_COLUMNS = ("_source_file", "_source_line", "_loaded_at")

# Records that could not be read as rows at all, with the text as it stood in the file.
LANDING_REJECTS = ("raw_table", "reason", "record", *SOURCE_COLUMNS)

# One row per landed file: its raw table and formats. Counts are bigint, others text.
# records = rows landed + records rejected; titles, header and blank lines are no records.
LANDED_FILES = (
    "raw_table",
    "_source_file",
    "records",
    "landed_rows",
    "rejected_records",
    "date_order",
    "decimal_mark",
    "unknown_columns",
    "warning",
    "_loaded_at",
)


def landed_columns() -> dict[str, dict[str, str]]:
    """Every table that landing writes: its columns in order, each `bigint` or `text`."""
    tables = {
        table: (*(column.name for column in columns), *SOURCE_COLUMNS)
        for table, columns in RAW_TABLES.items()
    }
    tables |= {"landing_rejects": LANDING_REJECTS, "landed_files": LANDED_FILES}
    counts = ("_source_line", "records", "landed_rows", "rejected_records")
    return {
        table: {column: "bigint" if column in counts else "text" for column in columns}
        for table, columns in tables.items()
    }
