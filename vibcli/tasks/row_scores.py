"""How right a run is on each row that it was tested on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class RowScores(NamedTuple):
    """Which rows a run was tested on, and whether it is right on each; ``[N]`` both."""

    rows: NDArray[np.int64]
    correct: NDArray[np.bool_]
