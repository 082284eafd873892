"""Evidence against no difference that may be looked at after every seed."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from vibcli.statistics.checks import Floats, finite_values
from vibcli.statistics.intervals import ROUNDING

BETS = (0.5, 1.0, 1.5)  # mean over standard deviation that each bets on


def e_value(differences: ArrayLike) -> Floats:
    """Running e-values ``[n]``, two-sided, that differences are symmetric about 0.

    e_i is the mean, over both signs and the three sizes of lambda, of

        product over j <= i of (1 + tanh(lambda d_j / s_j)),  s_j^2 = mean(d_1^2, .., d_j^2).

    Why: given what came before and |d_j|, hence s_j, the sign of a symmetric d_j is a fair coin,
    and tanh is odd, so each factor has mean 1 whatever |d_j|: e is a martingale that starts at 1.
    Then P(e_i >= 1 / alpha for any i) <= alpha (Ville 1939): reject once e >= 1 / alpha,
    however often one looks and whatever decides when to stop.

    1 + tanh(x) is exp(x) / cosh(x), which exceeds the factor exp(x - x^2 / 2) of de la Pena
    (1999); a bet on a sign of a size that may depend on its magnitude is one of Waudby-Smith &
    Ramdas (2024). For normal differences and lambda = mean / sd it is, with s = sd, the
    likelihood ratio of the signs given the magnitudes. The unit of the differences does not
    matter, their order does; n of them stay below 2^n / 2, the inverse of the least p of
    `sign_flip`, and seven equal ones are the fewest that reach 20. It is a test of symmetry: it
    says nothing about a mean of 0 where the differences are skewed.

    Args:
        differences: ``[n]``, one number a shared seed, in the order in which they came.

    Raises:
        ValueError: no differences, or some that are not finite.

    >>> e_value([1.0, 1.2, 0.8, 1.1, 0.9, 1.0, 1.1]).round(1).tolist()
    [1.0, 1.6, 2.5, 4.5, 7.8, 13.9, 25.4]
    """
    numbers = finite_values("differences", differences)
    numbers = np.where(np.abs(numbers) < ROUNDING, 0, numbers)
    unit = numbers / (np.abs(numbers).max() or 1)
    size = np.sqrt(np.cumsum(unit**2) / np.arange(1, len(unit) + 1))
    scaled = unit / np.where(size > 0, size, 1)
    bets = np.array([sign * bet for sign in (1, -1) for bet in BETS])[:, None]
    logs = np.log(2) - np.logaddexp(0, -2 * bets * scaled)  # of 1 + tanh, [bets, n]
    e: Floats = np.exp(special.logsumexp(np.cumsum(logs, 1), 0) - np.log(len(bets)))
    return e
