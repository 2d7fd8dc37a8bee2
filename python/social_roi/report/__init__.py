"""The report: one self-contained page that shows the five answers and what they rest on."""

from social_roi.report.build import build_report

__all__ = ["build_report"]
