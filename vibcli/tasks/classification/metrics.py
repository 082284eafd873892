"""How good predictions are: pure functions of NumPy arrays.

``log_probabilities`` is ``[N, C]`` (natural logarithm, each row sums to one in probability),
``labels`` is ``[N]`` with integers in 0..C-1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

BINS = 15


def accuracy(log_probabilities: Floats, labels: Ints) -> float:
    """Share of rows whose most probable class is the label."""
    return float((log_probabilities.argmax(1) == labels).mean())


def nll(log_probabilities: Floats, labels: Ints) -> float:
    """Mean negative log probability of the label, in nats."""
    return float(-log_probabilities[np.arange(len(labels)), labels].mean())


def brier(log_probabilities: Floats, labels: Ints) -> float:
    """Mean over rows of sum_c (p_c - [c = label])^2, between 0 and 2 (Brier 1950)."""
    errors = np.exp(log_probabilities)
    errors[np.arange(len(labels)), labels] -= 1
    return float((errors**2).sum(1).mean())


class Reliability(NamedTuple):
    """Rows in bins of confidence, the probability of the most probable class; ``[B]`` each.

    Bins come in the order of confidence; the two means of an empty bin are nan.
    """

    rows: Ints
    confidence: Floats
    accuracy: Floats

    @property
    def error(self) -> float:
        """Expected calibration error: sum_b (n_b / N) |accuracy_b - confidence_b|.

        Guo et al. 2017, eq. 3.
        """
        used = self.rows > 0
        gaps = np.abs(self.accuracy - self.confidence)[used]
        return float(np.average(gaps, weights=self.rows[used]))


def reliability(
    log_probabilities: Floats, labels: Ints, bins: int = BINS, adaptive: bool = False
) -> Reliability:
    """Mean confidence and accuracy of the most probable class, bin by bin.

    Args:
        log_probabilities: ``[N, C]``.
        labels: ``[N]``.
        bins: B.
        adaptive: False makes bins of equal width, (b/B, (b+1)/B]. True makes bins of equal mass:
            row k = 0..N-1 in the order of confidence goes to bin floor(k B / N), so that sizes
            differ by one at most. Rows of equal confidence stay together, in the bin of the
            first of them, so the order of rows does not matter; bins that they skip are empty.
            Where N < B each confidence that occurs has a bin of its own.
    """
    confidence = np.exp(log_probabilities.max(1))
    correct = log_probabilities.argmax(1) == labels
    if adaptive:
        index = np.searchsorted(np.sort(confidence), confidence) * bins // len(confidence)
    else:
        index = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    rows = np.bincount(index, minlength=bins)
    with np.errstate(invalid="ignore"):  # 0 / 0
        confidences = np.bincount(index, confidence, bins) / rows
        return Reliability(rows, confidences, np.bincount(index, correct, bins) / rows)


def ece(log_probabilities: Floats, labels: Ints, bins: int = BINS) -> float:
    """Expected calibration error of the most probable class, bins of equal width.

    See `Reliability.error` and `reliability` (Naeini et al. 2015; Guo et al. 2017, eq. 3).
    """
    return reliability(log_probabilities, labels, bins).error


def adaptive_ece(log_probabilities: Floats, labels: Ints, bins: int = BINS) -> float:
    """Expected calibration error of the most probable class, bins of equal mass.

    See `Reliability.error` and `reliability`. Confidences crowd near 1, where few bins of equal
    width would hold nearly all rows. The bins are those of Nguyen & O'Connor (2015), who take
    the root of the mean squared gap; here it is the mean absolute gap, as in `ece`. Nixon et
    al. (2019) take the mean absolute gap too, but over all classes, not the most probable one
    alone: their ACE.
    """
    return reliability(log_probabilities, labels, bins, adaptive=True).error


def confusion(predicted: Ints, labels: Ints, classes: int) -> Ints:
    """How many rows of each class are taken for which: ``[C, C]``, a line a true class.

    Args:
        predicted: the most probable class of each row ``[N]``, in 0..C-1.
        labels: ``[N]``.
        classes: C.
    """
    pairs = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return pairs.reshape(classes, classes)  # [C * C] -> [C, C]


def macro_f1(log_probabilities: Floats, labels: Ints) -> float:
    """Unweighted mean of F1 over the classes; a class never seen nor predicted counts as 0."""
    from sklearn.metrics import f1_score

    classes = np.arange(log_probabilities.shape[1])
    predicted = log_probabilities.argmax(1)
    return float(f1_score(labels, predicted, labels=classes, average="macro", zero_division=0))


def auroc(log_probabilities: Floats, labels: Ints) -> float | None:
    """Area under the ROC curve of class 1, for two classes that both occur; else None."""
    from scipy.stats import rankdata
    from sklearn.metrics import roc_auc_score

    if log_probabilities.shape[1] != 2 or len(np.unique(labels)) != 2:
        return None
    # the log odds: unlike the probability they do not saturate at 1; their ranks are finite
    odds = log_probabilities[:, 1] - log_probabilities[:, 0]
    return float(roc_auc_score(labels, rankdata(odds)))


def label_entropy(labels: Ints) -> float:
    """H(Y) of the empirical label distribution, in nats."""
    shares = np.bincount(labels) / len(labels)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def all_metrics(
    log_probabilities: Floats, labels: Ints, distortion: Floats, rates: Floats | None
) -> dict[str, float | None]:
    """Everything that is reported of a split; a metric that does not apply is None.

    Args:
        log_probabilities: ``[N, C]``.
        labels: ``[N]``.
        distortion: ``[N]``, -log q(y|z) averaged over draws of z, in nats.
        rates: ``[N]`` in nats, None where z is deterministic.

    ``izy_lower_bound_nats`` is H(Y) - distortion <= I(Z;Y) (Alemi et al. 2017, eq. 12).
    """
    rate = None if rates is None else float(rates.mean())
    mean_distortion = float(distortion.mean())
    return {
        "accuracy": accuracy(log_probabilities, labels),
        "nll_nats": nll(log_probabilities, labels),
        "ece": ece(log_probabilities, labels),
        "ece_adaptive": adaptive_ece(log_probabilities, labels),
        "brier": brier(log_probabilities, labels),
        "macro_f1": macro_f1(log_probabilities, labels),
        "auroc": auroc(log_probabilities, labels),
        "distortion_nats": mean_distortion,
        "rate_nats": rate,
        "rate_bits": None if rate is None else rate / float(np.log(2)),
        "izy_lower_bound_nats": label_entropy(labels) - mean_distortion,
        "rows": len(labels),
    }
