"""The CloudFormation template of QuickSight: data source, data sets, analysis and dashboard.

python infra/quicksight.py > quicksight.yaml

`make deploy` runs it and shows what comes of it. The dashboard has the answers, a page each.

One visual shows one rpt_ table. Rates over several rows are computed from sums: none is averaged.
"""

import re
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import yaml

Node = dict[str, Any]

HEADER = """\
# Written by infra/quicksight.py: change that file.
# NOT TRIED ON A REAL ACCOUNT: checked by cfn-lint, and every reference against the built marts.
# The account must be subscribed to QuickSight, and its service role needs Athena, the work group
# and the bucket (docs/aws.md).
"""

# Columns that a visual or a calculated field uses, with QuickSight's name of their type.
DATA_SETS = {
    "rpt_platform_roi": {
        "ad_platform": "STRING",
        "attribution_model": "STRING",
        "spend": "DECIMAL",
        "revenue": "DECIMAL",
        "conversions": "DECIMAL",
        "roi": "DECIMAL",
        "roi_low": "DECIMAL",
        "roi_high": "DECIMAL",
        "verdict": "STRING",
        "is_simulated": "BOOLEAN",
    },
    "rpt_campaign_roi": {
        "ad_platform": "STRING",
        "campaign_name": "STRING",
        "attribution_model": "STRING",
        "spend": "DECIMAL",
        "revenue": "DECIMAL",
        "roi": "DECIMAL",
        "roi_low": "DECIMAL",
        "roi_high": "DECIMAL",
        "verdict": "STRING",
        "is_simulated": "BOOLEAN",
    },
    "rpt_device_funnel": {
        "device_type": "STRING",
        "impressions": "INTEGER",
        "clicks": "INTEGER",
        "conversions": "INTEGER",
        "conversions_without_click": "INTEGER",
        "cvr": "DECIMAL",
        "cvr_low": "DECIMAL",
        "cvr_high": "DECIMAL",
    },
    "rpt_platform_funnel": {
        "ad_platform": "STRING",
        "impressions": "INTEGER",
        "clicks": "INTEGER",
        "conversions": "INTEGER",
        "conversions_without_click": "INTEGER",
    },
    "rpt_platform_attribution": {
        "ad_platform": "STRING",
        "attribution_model": "STRING",
        "conversions": "DECIMAL",
        "share": "DECIMAL",
        "share_low": "DECIMAL",
        "share_high": "DECIMAL",
    },
    "rpt_path_length": {"touches": "INTEGER", "conversions": "INTEGER"},
    "rpt_audience": {
        "age_band": "STRING",
        "gender": "STRING",
        "ad_platform": "STRING",
        "clicks": "INTEGER",
        "conversions": "INTEGER",
        "conversions_without_click": "INTEGER",
    },
    "rpt_segments": {
        "persona": "STRING",
        "users": "INTEGER",
        "clicks": "INTEGER",
        "conversions": "INTEGER",
        "conversions_without_click": "INTEGER",
        "revenue": "DECIMAL",
        "what_sets_it_apart": "STRING",
        "what_to_do": "STRING",
        "warning": "STRING",
    },
    "rpt_forecast": {
        "level": "STRING",
        "ad_platform": "STRING",
        "measure": "STRING",
        "forecast_date": "DATETIME",
        "happened": "DECIMAL",
        "expected": "DECIMAL",
        "expected_low_80": "DECIMAL",
        "expected_high_80": "DECIMAL",
    },
    "rpt_forecast_periods": {
        "level": "STRING",
        "ad_platform": "STRING",
        "campaign_id": "STRING",
        "measure": "STRING",
        "days_ahead": "INTEGER",
        "expected": "DECIMAL",
        "expected_low_80": "DECIMAL",
        "expected_high_80": "DECIMAL",
        "recent": "DECIMAL",
        "method": "STRING",
        "reason": "STRING",
        "days_known": "INTEGER",
    },
    "rpt_budget_moves": {
        "level": "STRING",
        "ad_platform": "STRING",
        "campaign_id": "STRING",
        "spend": "DECIMAL",
        "change": "DECIMAL",
        "spend_after": "DECIMAL",
        "next_unit_low": "DECIMAL",
        "next_unit_high": "DECIMAL",
        "reason": "STRING",
        "gain": "DECIMAL",
        "gain_low": "DECIMAL",
        "gain_high": "DECIMAL",
    },
}

CVR = "(sum({conversions}) - sum({conversions_without_click})) / nullIf(sum({clicks}), 0)"
CALCULATED = {
    "rpt_platform_roi": {
        "ROI from sums": "(sum({revenue}) - sum({spend})) / nullIf(sum({spend}), 0)",
    },
    "rpt_campaign_roi": {
        "ROI from sums": "(sum({revenue}) - sum({spend})) / nullIf(sum({spend}), 0)"
    },
    "rpt_device_funnel": {
        "No click": "1 - sum({clicks}) / nullIf(sum({impressions}), 0)",
        "No conversion": f"1 - {CVR}",
    },
    "rpt_platform_funnel": {
        "CTR": "sum({clicks}) / nullIf(sum({impressions}), 0)",
        "CVR": CVR,
    },
    "rpt_audience": {"CVR": CVR},
    "rpt_segments": {
        "CVR": CVR,
        "Revenue per user": "sum({revenue}) / nullIf(sum({users}), 0)",
    },
}


class Visual(NamedTuple):
    """One picture of one table.

    kind: `bar`, `line` (over days), `heatmap` or `table`; by: the column along the axis; of: what
    is summed or calculated, or the columns of a table; colour: the column that splits bars, or the
    other axis of a heatmap.
    """

    name: str
    title: str
    kind: str
    table: str
    of: Sequence[str]
    by: str = ""
    colour: str = ""


class Filter(NamedTuple):
    """Rows of one table that a sheet's visuals show. label: lets the reader choose one value."""

    name: str
    table: str
    column: str
    values: Sequence[str]
    keeps: bool = True
    label: str = ""


class Sheet(NamedTuple):
    name: str
    title: str
    visuals: Sequence[Visual]
    filters: Sequence[Filter] = ()


def _money(table: str) -> list[str]:
    return [name for name in DATA_SETS[table] if name != "attribution_model"]


SHEETS = (
    Sheet(
        "roi",
        "ROI",
        (
            Visual(
                "roi-platforms",
                "ROI by platform: (revenue - spend) / spend",
                "bar",
                "rpt_platform_roi",
                ["ROI from sums"],
                by="ad_platform",
            ),
            Visual(
                "roi-money",
                "Spend and revenue by platform",
                "bar",
                "rpt_platform_roi",
                ["spend", "revenue"],
                by="ad_platform",
            ),
            Visual(
                "roi-platform-table",
                "Platforms, with 95 % intervals and verdict",
                "table",
                "rpt_platform_roi",
                _money("rpt_platform_roi"),
            ),
            Visual(
                "roi-campaigns",
                "ROI by campaign",
                "bar",
                "rpt_campaign_roi",
                ["ROI from sums"],
                by="campaign_name",
            ),
            Visual(
                "roi-campaign-table",
                "Campaigns, with 95 % intervals and verdict",
                "table",
                "rpt_campaign_roi",
                _money("rpt_campaign_roi"),
            ),
        ),
        (
            Filter(
                "roi-platform-model",
                "rpt_platform_roi",
                "attribution_model",
                ["last_touch"],
                label="Attribution model, platforms",
            ),
            Filter(
                "roi-campaign-model",
                "rpt_campaign_roi",
                "attribution_model",
                ["last_touch"],
                label="Attribution model, campaigns",
            ),
            Filter(
                "roi-platform-ads", "rpt_platform_roi", "ad_platform", ["unattributed"], keeps=False
            ),
            Filter(
                "roi-campaign-ads", "rpt_campaign_roi", "ad_platform", ["unattributed"], keeps=False
            ),
        ),
    ),
    Sheet(
        "funnel",
        "Funnel",
        (
            Visual(
                "funnel-losses",
                "Lost at each step, by device",
                "bar",
                "rpt_device_funnel",
                ["No click", "No conversion"],
                by="device_type",
            ),
            Visual(
                "funnel-platforms",
                "CTR and CVR by platform",
                "bar",
                "rpt_platform_funnel",
                ["CTR", "CVR"],
                by="ad_platform",
            ),
            Visual(
                "funnel-device-table",
                "Devices, with 95 % intervals of the conversion rate",
                "table",
                "rpt_device_funnel",
                list(DATA_SETS["rpt_device_funnel"]),
            ),
        ),
    ),
    Sheet(
        "attribution",
        "Attribution",
        (
            Visual(
                "attribution-ends",
                "Who opens and who closes: shares of first and last touches",
                "bar",
                "rpt_platform_attribution",
                ["share"],
                by="ad_platform",
                colour="attribution_model",
            ),
            Visual(
                "attribution-models",
                "All models side by side",
                "heatmap",
                "rpt_platform_attribution",
                ["share"],
                by="ad_platform",
                colour="attribution_model",
            ),
            Visual(
                "attribution-lengths",
                "Conversions by touches on their path",
                "bar",
                "rpt_path_length",
                ["conversions"],
                by="touches",
            ),
            Visual(
                "attribution-table",
                "Shares with 95 % intervals",
                "table",
                "rpt_platform_attribution",
                list(DATA_SETS["rpt_platform_attribution"]),
            ),
        ),
        (
            Filter(
                "attribution-ends-only",
                "rpt_platform_attribution",
                "attribution_model",
                ["first_touch", "last_touch"],
            ),
            # what a platform reports about itself is no share of ours
            Filter(
                "attribution-credited",
                "rpt_platform_attribution",
                "attribution_model",
                ["platform_reported"],
                keeps=False,
            ),
        ),
    ),
    Sheet(
        "audience",
        "Audience",
        (
            Visual(
                "audience-groups",
                "Conversion rate by age and gender",
                "bar",
                "rpt_audience",
                ["CVR"],
                by="age_band",
                colour="gender",
            ),
            Visual(
                "audience-platforms",
                "Conversion rate by age and platform",
                "heatmap",
                "rpt_audience",
                ["CVR"],
                by="age_band",
                colour="ad_platform",
            ),
        ),
    ),
    Sheet(
        "segments",
        "Segments",
        (
            Visual(
                "segments-users", "Users by persona", "bar", "rpt_segments", ["users"], by="persona"
            ),
            Visual(
                "segments-rates",
                "Conversion rate by persona",
                "bar",
                "rpt_segments",
                ["CVR"],
                by="persona",
            ),
            Visual(
                "segments-revenue",
                "Revenue per user by persona",
                "bar",
                "rpt_segments",
                ["Revenue per user"],
                by="persona",
            ),
            Visual(
                "segments-table",
                "What sets each apart, and what to do",
                "table",
                "rpt_segments",
                ["persona", "users", "what_sets_it_apart", "what_to_do", "warning"],
            ),
        ),
    ),
    Sheet(
        "forecast",
        "Forecast",
        (
            Visual(
                "forecast-days",
                "The last days, and what is expected of the next, with 80 % limits of a day",
                "line",
                "rpt_forecast",
                ["happened", "expected", "expected_low_80", "expected_high_80"],
                by="forecast_date",
            ),
            # a bar is one row: platform and days ahead
            Visual(
                "forecast-periods",
                "Expected of the next days, by platform and days ahead",
                "bar",
                "rpt_forecast_periods",
                ["expected"],
                by="ad_platform",
                colour="days_ahead",
            ),
            Visual(
                "forecast-table",
                "Expected, with 80 % limits; recent: the same over the days before; or why none is",
                "table",
                "rpt_forecast_periods",
                [name for name in DATA_SETS["rpt_forecast_periods"] if name != "level"],
            ),
        ),
        (
            Filter("forecast-days-platforms", "rpt_forecast", "level", ["platform"]),
            Filter(
                "forecast-days-measure", "rpt_forecast", "measure", ["revenue"], label="Days of"
            ),
            Filter(
                "forecast-days-platform", "rpt_forecast", "ad_platform", ["(all)"], label="Platform"
            ),
            Filter("forecast-platforms", "rpt_forecast_periods", "level", ["platform"]),
            Filter(
                "forecast-measure",
                "rpt_forecast_periods",
                "measure",
                ["roi"],
                label="Next days: measure",
            ),
        ),
    ),
    Sheet(
        "budget",
        "Budget",
        (
            Visual(
                "budget-change",
                "Change of spend that surely pays; none: stand still",
                "bar",
                "rpt_budget_moves",
                ["change"],
                by="ad_platform",
            ),
            Visual(
                "budget-spend",
                "Spend now and after",
                "bar",
                "rpt_budget_moves",
                ["spend", "spend_after"],
                by="ad_platform",
            ),
            Visual(
                "budget-table",
                "Moves with the reason, and on row (all) what they bring, with 95 % limits",
                "table",
                "rpt_budget_moves",
                [name for name in DATA_SETS["rpt_budget_moves"] if name != "level"],
            ),
        ),
        (
            Filter(
                "budget-level",
                "rpt_budget_moves",
                "level",
                ["platform"],
                label="Between platforms, or the campaigns of each",
            ),
            Filter("budget-sum", "rpt_budget_moves", "ad_platform", ["(all)"], keeps=False),
            Filter("budget-campaigns", "rpt_budget_moves", "campaign_id", ["(all)"], keeps=False),
        ),
    ),
)
# Filters hold for all visuals of their table on their sheet, but these.
ONLY_FOR = {
    "attribution-ends-only": ["attribution-ends"],
    "budget-sum": ["budget-change", "budget-spend"],
    "budget-campaigns": ["budget-change", "budget-spend"],
}

# What the owner of each kind of asset may do with it.
OWNER = {
    "DataSource": [
        "DescribeDataSource",
        "DescribeDataSourcePermissions",
        "PassDataSource",
        "UpdateDataSource",
        "DeleteDataSource",
        "UpdateDataSourcePermissions",
    ],
    "DataSet": [
        "DescribeDataSet",
        "DescribeDataSetPermissions",
        "PassDataSet",
        "DescribeIngestion",
        "ListIngestions",
        "UpdateDataSet",
        "DeleteDataSet",
        "CreateIngestion",
        "CancelIngestion",
        "UpdateDataSetPermissions",
    ],
    "Analysis": [
        "DescribeAnalysis",
        "DescribeAnalysisPermissions",
        "QueryAnalysis",
        "UpdateAnalysis",
        "DeleteAnalysis",
        "RestoreAnalysis",
        "UpdateAnalysisPermissions",
    ],
    "Dashboard": [
        "DescribeDashboard",
        "DescribeDashboardPermissions",
        "ListDashboardVersions",
        "QueryDashboard",
        "UpdateDashboard",
        "DeleteDashboard",
        "UpdateDashboardPermissions",
        "UpdateDashboardPublishedVersion",
    ],
}


def template() -> Node:
    """The whole CloudFormation template."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "social_roi - the answers in QuickSight (not tried on a real account)",
        "Parameters": {
            "Name": {
                "Type": "String",
                "Default": "social-roi",
                "Description": "Begins the ids of all assets.",
            },
            "Principal": {
                "Type": "String",
                "Description": "ARN of the QuickSight user or group that owns the dashboard.",
            },
            "Schema": {
                "Type": "String",
                "Default": "social_roi",
                "Description": "Glue database of the marts; the demo's ends in _demo.",
            },
            "WorkGroup": {
                "Type": "String",
                "Default": "social-roi-read",
                "Description": "Athena work group of the readers.",
            },
            "RefreshTime": {
                "Type": "String",
                "Default": "07:00",
                "Description": "When the data sets are refreshed each day, in UTC.",
            },
        },
        # once, not in each of the assets
        "Mappings": {
            "Owner": {
                kind: {"Actions": [f"quicksight:{action}" for action in actions]}
                for kind, actions in OWNER.items()
            }
        },
        "Resources": {
            "DataSource": _asset(
                "DataSource",
                {
                    "DataSourceId": {"Ref": "Name"},
                    "Name": {"Ref": "Name"},
                    "Type": "ATHENA",
                    "DataSourceParameters": {
                        "AthenaParameters": {"WorkGroup": {"Ref": "WorkGroup"}}
                    },
                    "SslProperties": {"DisableSsl": False},
                },
            ),
            **{_resource(table): _data_set(table) for table in DATA_SETS},
            **{f"{_resource(table)}Refresh": _refresh(table) for table in DATA_SETS},
            # one definition, which analysis and dashboard share
            "Pages": {
                "Type": "AWS::QuickSight::Template",
                "Properties": {
                    "AwsAccountId": {"Ref": "AWS::AccountId"},
                    "TemplateId": {"Ref": "Name"},
                    "Name": {"Ref": "Name"},
                    "Definition": definition(),
                },
            },
            "Analysis": _asset("Analysis", {"AnalysisId": {"Ref": "Name"}, **_pages()}),
            "Dashboard": _asset("Dashboard", {"DashboardId": {"Ref": "Name"}, **_pages()}),
        },
        "Outputs": {"DashboardArn": {"Value": {"Fn::GetAtt": ["Dashboard", "Arn"]}}},
    }


def definition() -> Node:
    """Sheets, calculated fields and filters."""
    return {
        "DataSetConfigurations": [
            {
                "Placeholder": table,
                "DataSetSchema": {
                    "ColumnSchemaList": [
                        {"Name": name, "DataType": kind} for name, kind in columns.items()
                    ]
                },
            }
            for table, columns in DATA_SETS.items()
        ],
        "CalculatedFields": [
            {"DataSetIdentifier": table, "Name": name, "Expression": expression}
            for table, fields in CALCULATED.items()
            for name, expression in fields.items()
        ],
        "FilterGroups": [_filter(sheet, one) for sheet in SHEETS for one in sheet.filters],
        "Sheets": [_sheet(sheet) for sheet in SHEETS],
    }


def _sheet(sheet: Sheet) -> Node:
    controls = [
        {
            "Dropdown": {
                "FilterControlId": f"{one.name}-control",
                "Title": one.label,
                "SourceFilterId": one.name,
                "Type": "SINGLE_SELECT",
            }
        }
        for one in sheet.filters
        if one.label
    ]
    return {
        "SheetId": sheet.name,
        "Name": sheet.title,
        "Visuals": [_visual(visual) for visual in sheet.visuals],
        **({"FilterControls": controls} if controls else {}),
    }


def _visual(visual: Visual) -> Node:
    title = {"Visibility": "VISIBLE", "FormatText": {"PlainText": visual.title}}
    if visual.kind == "table":
        kind = "TableVisual"
        wells = {"TableUnaggregatedFieldWells": {"Values": [_field(visual, n) for n in visual.of]}}
        chart: Node = {"FieldWells": wells}
    elif visual.kind == "heatmap":
        kind = "HeatMapVisual"
        wells = {
            "HeatMapAggregatedFieldWells": {
                "Rows": [_dimension(visual, visual.by)],
                "Columns": [_dimension(visual, visual.colour)],
                "Values": [_measure(visual, name) for name in visual.of],
            }
        }
        chart = {"FieldWells": wells}
    elif visual.kind == "line":
        kind = "LineChartVisual"
        wells = {
            "LineChartAggregatedFieldWells": {
                "Category": [_dimension(visual, visual.by)],
                "Values": [_measure(visual, name) for name in visual.of],
            }
        }
        chart = {"FieldWells": wells, "Type": "LINE"}
    else:
        kind = "BarChartVisual"
        wells = {
            "BarChartAggregatedFieldWells": {
                "Category": [_dimension(visual, visual.by)],
                "Values": [_measure(visual, name) for name in visual.of],
                **({"Colors": [_dimension(visual, visual.colour)]} if visual.colour else {}),
            }
        }
        chart = {
            "FieldWells": wells,
            "Orientation": "HORIZONTAL",
            "BarsArrangement": "CLUSTERED",
            "SortConfiguration": {"CategorySort": [_sort(visual)]},
        }
    return {kind: {"VisualId": visual.name, "Title": title, "ChartConfiguration": chart}}


def _sort(visual: Visual) -> Node:
    """Largest first; what has an order of its own, as ages and lengths, keeps it."""
    is_ordered = visual.by in ("age_band", "touches")
    field = visual.by if is_ordered else visual.of[0]
    direction = "ASC" if is_ordered else "DESC"
    return {"FieldSort": {"FieldId": _field_id(visual, field), "Direction": direction}}


def _dimension(visual: Visual, name: str) -> Node:
    field = _field(visual, name)
    match DATA_SETS[visual.table][name]:
        case "INTEGER":
            return {"NumericalDimensionField": field}
        case "DATETIME":
            return {"DateDimensionField": {**field, "DateGranularity": "DAY"}}
    return {"CategoricalDimensionField": field}


def _measure(visual: Visual, name: str) -> Node:
    """The sum of a column; a calculated field has its sums inside."""
    is_column = name in DATA_SETS[visual.table]
    how = {"AggregationFunction": {"SimpleNumericalAggregation": "SUM"}} if is_column else {}
    return {"NumericalMeasureField": {**_field(visual, name), **how}}


def _field(visual: Visual, name: str) -> Node:
    column = {"DataSetIdentifier": visual.table, "ColumnName": name}
    return {"FieldId": _field_id(visual, name), "Column": column}


def _field_id(visual: Visual, name: str) -> str:
    """Short, as CloudFormation counts bytes: the field's place in the visual."""
    return f"{visual.name}.{[*visual.of, visual.by, visual.colour].index(name)}"


def _filter(sheet: Sheet, one: Filter) -> Node:
    visuals = [visual.name for visual in sheet.visuals if visual.table == one.table]
    scope = {
        "SheetId": sheet.name,
        "Scope": "SELECTED_VISUALS",
        "VisualIds": ONLY_FOR.get(one.name, visuals),
    }
    listed = {
        "MatchOperator": "CONTAINS" if one.keeps else "DOES_NOT_CONTAIN",
        "CategoryValues": list(one.values),
    }
    return {
        "FilterGroupId": f"{one.name}-group",
        "CrossDataset": "SINGLE_DATASET",
        "Status": "ENABLED",
        "ScopeConfiguration": {
            "SelectedSheets": {"SheetVisualScopingConfigurations": [scope]},
        },
        "Filters": [
            {
                "CategoryFilter": {
                    "FilterId": one.name,
                    "Column": {"DataSetIdentifier": one.table, "ColumnName": one.column},
                    "Configuration": {"FilterListConfiguration": listed},
                }
            }
        ],
    }


def _data_set(table: str) -> Node:
    columns = [{"Name": name, "Type": kind} for name, kind in DATA_SETS[table].items()]
    return _asset(
        "DataSet",
        {
            "DataSetId": {"Fn::Sub": f"${{Name}}-{table}"},
            "Name": table,
            "ImportMode": "SPICE",
            "PhysicalTableMap": {
                "table": {
                    "RelationalTable": {
                        "DataSourceArn": {"Fn::GetAtt": ["DataSource", "Arn"]},
                        "Catalog": "AwsDataCatalog",
                        "Schema": {"Ref": "Schema"},
                        "Name": table,
                        "InputColumns": columns,
                    }
                }
            },
        },
    )


def _refresh(table: str) -> Node:
    return {
        "Type": "AWS::QuickSight::RefreshSchedule",
        "Properties": {
            "AwsAccountId": {"Ref": "AWS::AccountId"},
            "DataSetId": {"Fn::Sub": f"${{Name}}-{table}"},
            "Schedule": {
                "ScheduleId": "daily",
                "RefreshType": "FULL_REFRESH",
                "ScheduleFrequency": {"Interval": "DAILY", "TimeOfTheDay": {"Ref": "RefreshTime"}},
            },
        },
        "DependsOn": _resource(table),
    }


def _pages() -> Node:
    references = [
        {
            "DataSetArn": {"Fn::GetAtt": [_resource(table), "Arn"]},
            "DataSetPlaceholder": table,
        }
        for table in DATA_SETS
    ]
    source = {"Arn": {"Fn::GetAtt": ["Pages", "Arn"]}, "DataSetReferences": references}
    return {"Name": {"Ref": "Name"}, "SourceEntity": {"SourceTemplate": source}}


def _asset(kind: str, properties: Node) -> Node:
    actions = {"Fn::FindInMap": ["Owner", kind, "Actions"]}
    return {
        "Type": f"AWS::QuickSight::{kind}",
        "Properties": {
            "AwsAccountId": {"Ref": "AWS::AccountId"},
            **properties,
            "Permissions": [{"Principal": {"Ref": "Principal"}, "Actions": actions}],
        },
    }


def _resource(table: str) -> str:
    return "".join(word.capitalize() for word in table.removeprefix("rpt_").split("_"))


class _Dumper(yaml.SafeDumper):
    """Lists and small parts that occur twice are written twice: CloudFormation has no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def text() -> str:
    """The template as YAML, a line for each resource: CloudFormation takes 51,200 bytes."""

    def line(part: Node) -> str:
        dumped = yaml.dump(
            part, Dumper=_Dumper, sort_keys=False, default_flow_style=True, width=10**6
        )
        # no blanks between items, but in quotes
        return re.sub("('[^']*')|, ", lambda found: found[1] or ",", str(dumped).strip())

    whole = template()
    resources = whole.pop("Resources")
    head = yaml.dump(whole, Dumper=_Dumper, sort_keys=False, width=100)
    lines = "".join(f"  {name}: {line(part)}\n" for name, part in resources.items())
    return f"{HEADER}{head}Resources:\n{lines}"


if __name__ == "__main__":
    sys.stdout.write(text())
