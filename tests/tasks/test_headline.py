import pytest
from vibcli.store.headline import headline

BOUND = {"elbo_nats": -101.234, "distortion_nats": 76.5, "rate_nats": 24.7}


@pytest.mark.parametrize(
    ("metrics", "title", "value"),
    [
        ({"accuracy": 0.98765, "distortion_nats": 0.1}, "accuracy", "98.77%"),
        (BOUND, "ELBO", "-101.23 nats"),
        (BOUND | {"elbo_nats": None}, "distortion", "76.50 nats"),
        (BOUND | {"accuracy": None}, "ELBO", "-101.23 nats"),
        ({"accuracy": 0.0, "distortion_nats": 0.1}, "accuracy", "0.00%"),
        ({"elbo_nats": 0.0, "distortion_nats": 0.1}, "ELBO", "0.00 nats"),
        ({"accuracy": None}, "", "-"),
        ({}, "", "-"),
    ],
)
def test_a_run_is_known_by_its_first_metric(
    metrics: dict[str, float | None], title: str, value: str
) -> None:
    assert headline(metrics) == (title, value)
