"""One colour per platform, on the page and in the figures.

The platform colours maximise the smallest CIE76 difference (24) between any two of them, also with
protanopia, deuteranopia and tritanopia (Machado et al. 2009), at a contrast of at least 2.6 against
both the light and the dark background. Every chart names its platforms as well.
"""

from collections.abc import Iterable

PLATFORMS = {
    "Facebook": "#1a52f9",
    "Instagram": "#bd0573",
    "LinkedIn": "#559fbe",
    "Snapchat": "#aaa041",
    "X": "#7541aa",
    "YouTube": "#e87d7d",
    "TikTok": "#de6afb",
    "Pinterest": "#8d4f35",
}
OTHER = "#868b94"
ACCENT = "#1f7a6d"
MUTED = "#868b94"
STEP_COLOURS = ("#bcd5d0", "#5fa398", ACCENT)
SEQUENTIAL = ("#eef5f3", "#0f5c51")
DIVERGING = ("#b4532a", "#f3f1ee", "#1f7a6d")


def platform_colours(platforms: Iterable[str]) -> dict[str, str]:
    """The colour of each platform: its assigned colour, else an unused one, else grey.

    The unused colour that a platform gets depends on the names alone.
    """
    names = sorted(set(platforms))
    free = iter([colour for name, colour in PLATFORMS.items() if name not in names])
    return {
        name: PLATFORMS[name]
        if name in PLATFORMS
        else OTHER
        if name == "unattributed"
        else next(free, OTHER)
        for name in names
    }
