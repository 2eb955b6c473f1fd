"""How strong would something unseen have to be, to explain an effect away?

Source: VanderWeele and Ding, Annals of Internal Medicine 167 (2017) 268-274: the E-value is the least risk ratio that an
unmeasured confounder would need with both the treatment and the outcome, beyond the covariates. For means the ratio is
approximated from the standardised difference (Chinn, Statistics in Medicine 19 (2000) 3127-3131, as they do).
"""

import math
from collections.abc import Callable


def e_value(ratio: float) -> float:
    """The E-value of a risk ratio; 1 where there is nothing to explain."""
    if ratio <= 0 or not math.isfinite(ratio):
        return math.inf
    above = ratio if ratio >= 1 else 1 / ratio
    return above + math.sqrt(above * (above - 1))


def e_values_of_share(comparison_share: float, low: float, estimate: float, high: float) -> tuple[float, float]:
    """E-values of a difference of shares and of its interval's end nearest to nothing.

    comparison_share: what the treated would have had. The ends are taken over the same comparison share.
    """
    if comparison_share <= 0:
        return (1.0, 1.0) if estimate == 0 else (math.inf, 1.0)
    return e_value(1 + estimate / comparison_share), _of_nearest(
        low, high, lambda difference: 1 + difference / comparison_share
    )


def e_values_of_mean(deviation: float, low: float, estimate: float, high: float) -> tuple[float, float]:
    """E-values of a difference of means and of its interval's end nearest to nothing. deviation: of the outcome."""
    if deviation <= 0:
        return 1.0, 1.0
    return e_value(math.exp(0.91 * estimate / deviation)), _of_nearest(
        low, high, lambda difference: math.exp(0.91 * difference / deviation)
    )


def _of_nearest(low: float, high: float, ratio: Callable[[float], float]) -> float:
    if low <= 0 <= high:
        return 1.0
    return e_value(ratio(low if low > 0 else high))
