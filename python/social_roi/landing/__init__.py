"""Landing: the user's files to raw tables."""

from social_roi.landing.explain import explain_files
from social_roi.landing.land import LandingSummary, land_files
from social_roi.landing.manifest import Landed

__all__ = ["Landed", "LandingSummary", "explain_files", "land_files"]
