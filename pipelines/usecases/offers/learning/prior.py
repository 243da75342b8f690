"""What any offer of this shop is like before it was shown: a beta law over how often offers are accepted.

Found by the likelihood of all offers' counts (beta-binomial), beside a weak stated opinion, so that one offer, none
accepted or all accepted are no reason to be sure. It is never worth less than one acceptance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln

WEAK = (1.0, 19.0)  # one of twenty is accepted, and that is worth twenty times of showing
SPREAD = 1.0  # of the logarithm of how many times it is worth, around those twenty
MEANS = np.geomspace(0.002, 0.8, 80)
WORTHS = np.geomspace(5.0, 2_000.0, 50)


def prior_of(shown: ArrayLike, accepted: ArrayLike) -> tuple[float, float]:
    """Give both counts of the likeliest law.

    >>> prior_of([], []) == WEAK
    True
    >>> a, b = prior_of([2_000, 3_000, 2_500], [200, 330, 240])
    >>> round(a / (a + b), 2)
    0.1
    """
    n, y = (np.asarray(each, dtype=np.float64) for each in (shown, accepted))
    if not n.sum() > 0:
        return WEAK
    mean, worth = (each[..., None] for each in np.meshgrid(MEANS, WORTHS, indexing="ij"))
    a, b = mean * worth, (1 - mean) * worth
    told = (betaln(a + y, b + n - y) - betaln(a, b)).sum(axis=-1)
    opinion = (WEAK[0] * np.log(mean) + WEAK[1] * np.log1p(-mean))[..., 0]
    opinion -= (np.log(worth[..., 0] / sum(WEAK)) / SPREAD) ** 2 / 2
    likely = np.where(a[..., 0] >= 1, told + opinion, -np.inf)
    at = np.unravel_index(int(likely.argmax()), likely.shape)
    return round(float(a[..., 0][at]), 6), round(float(b[..., 0][at]), 6)
