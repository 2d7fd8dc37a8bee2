"""One colour per platform, on the page and in the figures, for light and dark backgrounds.

The platform colours keep a CIE76 difference of 24 between any two of them, also with protanopia,
deuteranopia and tritanopia (Machado et al. 2009), and a contrast of at least 3.1 to 1 against their
background. Every chart names its platforms as well.
"""

from collections.abc import Iterable

PLATFORMS = {
    "Facebook": "#1c4bf9",
    "Instagram": "#a50b70",
    "LinkedIn": "#549bb9",
    "Snapchat": "#a49238",
    "X": "#7541aa",
    "YouTube": "#eb6779",
    "TikTok": "#d55df8",
    "Pinterest": "#8c4e30",
}
OTHER = "#868b94"
ACCENT = "#1f7a6d"
MUTED = "#868b94"
STEP_COLOURS = ("#7a9a94", "#3f8678", "#14564c")
SEQUENTIAL = ("#eef5f3", "#0f5c51")
DIVERGING = ("#b4532a", "#f3f1ee", "#1f7a6d")
# labels of heat maps on dark and on pale cells
ON_DARK, ON_PALE = "#ffffff", "#1b1f24"
# The page on a dark background: by light colour. Ramps begin at the background there, too.
IN_DARK = {
    PLATFORMS["Facebook"]: "#1854fa",
    PLATFORMS["Instagram"]: "#c70470",
    PLATFORMS["LinkedIn"]: "#54a1bd",
    PLATFORMS["Snapchat"]: "#a9a23f",
    PLATFORMS["X"]: "#7058ab",
    PLATFORMS["YouTube"]: "#e97b7e",
    PLATFORMS["TikTok"]: "#dd6afb",
    PLATFORMS["Pinterest"]: "#915935",
    ACCENT: "#6cc5b5",
    STEP_COLOURS[2]: "#b5e6dd",
    SEQUENTIAL[0]: "#20302e",
    SEQUENTIAL[1]: "#7fd6c6",
    DIVERGING[0]: "#f0916b",
    DIVERGING[1]: "#262b31",
    ON_DARK: "#15181d",
    ON_PALE: "#e8eaed",
}


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
