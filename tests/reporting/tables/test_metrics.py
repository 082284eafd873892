import re

from printing import NASTY, printed

from vibcli.reporting.tables.metrics import metrics_table

METRICS: dict[str, float | None] = {
    "accuracy": 0.98765,
    "nll_nats": 0.123456,
    "ece": 0.01,
    "brier": 0.02,
    "macro_f1": 0.9,
    "auroc": None,
    "distortion_nats": 0.2,
    "rate_nats": 12.3456,
    "rate_bits": 17.811,
    "izy_lower_bound_nats": -0.5,
}


def test_metrics_have_a_line_and_a_unit_each() -> None:
    lines = printed(metrics_table({"test": METRICS})).splitlines()
    assert [line.split("  ")[0] for line in lines[2:]] == [
        *("accuracy", "NLL", "ECE (15 bins)", "Brier score", "macro F1"),
        *("distortion", "rate", "rate", "I(Z;Y) at least"),
    ]
    text = "\n".join(lines)
    for shown in ("98.77%", "0.1235 nats", "12.346 nats", "17.811 bits", "-0.5000 nats"):
        assert shown in text


def test_what_is_known_for_one_column_alone_is_a_dash_in_the_other() -> None:
    text = printed(metrics_table({"a": METRICS | {"auroc": 0.75}, "b": METRICS}))
    assert re.search(r"AUROC +0\.7500 +-$", text, re.MULTILINE)


def test_a_column_is_called_what_it_is_called() -> None:
    assert NASTY in printed(metrics_table({NASTY: METRICS}))
