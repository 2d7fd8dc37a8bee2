"""The point forecast: one weekday shape times the mean of three levels, for many series at once."""

import numpy as np

SEASON = 7
RECENT = 28  # days of the level's first view; nothing in them: the series has stopped
FIRST_FORECAST = 15  # known days that the earliest forecast is made from
SHAPE_WEEKS = 12
LEVEL_DAYS = 26 * SEASON
ALPHAS = np.array([0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8])


def combined(history: np.ndarray, known: np.ndarray, horizon: int) -> np.ndarray:
    """The forecast of `horizon` days for each row of `history` (newest day last, whole weeks).

    known: how many of a row's days count, at least FIRST_FORECAST; those before are ignored.
    Theta: Assimakopoulos and Nikolopoulos 2000. The mean of three views of the level beats each of
    them, as in the M4 competition (Makridakis et al. 2020).
    """
    rows, days = history.shape
    first = (days - known)[:, np.newaxis]
    counts = np.arange(days) >= first
    shape = _weekday_shape(history, known)
    pattern = np.tile(shape, days // SEASON)
    flat = history / np.where(pattern > 1e-9, pattern, 1.0)

    start = np.take_along_axis(flat, first + np.arange(SEASON), axis=1).mean(axis=1)
    level = np.repeat(start[:, np.newaxis], len(ALPHAS), axis=1)
    squared = np.zeros_like(level)
    for day in range(int(first.min()), days):
        miss = (flat[:, day, np.newaxis] - level) * counts[:, day, np.newaxis]
        squared += miss * miss
        level += ALPHAS * miss
    best = squared.argmin(axis=1)
    level, alpha = level[np.arange(rows), best][:, np.newaxis], ALPHAS[best][:, np.newaxis]

    many = known[:, np.newaxis].astype(float)
    time = (np.arange(days) - first - (many - 1) / 2) * counts
    slope = (time * flat).sum(axis=1, keepdims=True) / (many * (many * many - 1) / 12) / 2
    steps = np.arange(horizon) + (1 - (1 - alpha) ** many) / alpha
    trended = np.maximum(level + slope * steps, 0)
    recent = (history * counts)[:, -RECENT:].sum(axis=1, keepdims=True) / np.minimum(many, RECENT)
    ahead = shape[:, np.arange(horizon) % SEASON]
    return np.maximum((recent + level + trended) / 3 * ahead, 0)


def _weekday_shape(history: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Each weekday's share of its week, 1 on average; the first is the day after the last known.

    Empirical Bayes: of the weekdays' differences only what is more than chance would give is kept.
    """
    weeks = np.minimum(SHAPE_WEEKS, known // SEASON)[:, np.newaxis, np.newaxis]
    used = np.arange(SHAPE_WEEKS)[np.newaxis, :, np.newaxis] >= SHAPE_WEEKS - weeks
    block = history[:, -SHAPE_WEEKS * SEASON :].reshape(-1, SHAPE_WEEKS, SEASON) * used
    mean = block.sum(axis=(1, 2), keepdims=True) / (weeks * SEASON)
    by_weekday = block.sum(axis=1, keepdims=True) / weeks
    shape = by_weekday / np.where(mean > 0, mean, 1.0)
    of_week = block.mean(axis=2, keepdims=True)
    relative = block / np.where(of_week > 0, of_week, 1.0)
    centred = (relative - relative.sum(axis=1, keepdims=True) / weeks) * used
    noise = (centred**2).sum(axis=(1, 2), keepdims=True) / SEASON / (weeks - 1) / weeks
    spread = ((shape - 1) ** 2).sum(axis=2, keepdims=True) / (SEASON - 1)
    kept = np.clip(1 - noise / np.where(spread > 0, spread, np.inf), 0, None)
    return np.where(mean > 0, 1 + (shape - 1) * kept, 1.0)[:, 0]
