import pytest

from vibcli.registry import TASKS
from vibcli.tasks.headline import headline

BOUND = {"elbo_nats": -101.234, "distortion_nats": 76.5, "rate_nats": 24.7}


@pytest.mark.parametrize(
    ("task", "metrics", "title", "value"),
    [
        ("classification", {"accuracy": 0.98765, "distortion_nats": 0.1}, "accuracy", "98.77%"),
        ("autoencoding", BOUND, "ELBO", "-101.23 nats"),
        ("autoencoding", BOUND | {"elbo_nats": None}, "distortion", "76.50 nats"),
        ("autoencoding", BOUND | {"accuracy": None}, "ELBO", "-101.23 nats"),
        ("classification", {"accuracy": 0.0, "distortion_nats": 0.1}, "accuracy", "0.00%"),
        ("autoencoding", {"elbo_nats": 0.0, "distortion_nats": 0.1}, "ELBO", "0.00 nats"),
        ("classification", {"accuracy": None}, "", "-"),
        ("classification", {}, "", "-"),
        ("autoencoding", {}, "", "-"),
        ("regression", {"rmse": 12.34567, "nll_nats": 1.0, "r2": 0.5}, "RMSE", "12.35"),
        ("regression", {"rmse": 0.00123456}, "RMSE", "0.001235"),
        ("regression", {"rmse": 0.0}, "RMSE", "0"),
        ("regression", {"rmse": 1234567.0}, "RMSE", "1,234,567"),
        ("regression", {"rmse": None, "nll_nats": 1.0}, "", "-"),
        ("regression", {"accuracy": 0.5}, "", "-"),
        ("classification", {"rmse": 0.5}, "", "-"),
    ],
)
def test_a_run_is_known_by_its_first_metric(
    task: str, metrics: dict[str, float | None], title: str, value: str
) -> None:
    assert headline(TASKS.load(task), metrics) == (title, value)
