import hashlib
from itertools import combinations

import pytest
import torch

from vibcli import randomness

PURPOSES = [(), ("order",), ("order", 1), ("order", 2), ("noise", 1), ("order", 1, 0)]


def test_a_stream_is_named_by_all_its_arguments() -> None:
    seeds = [randomness.derive(seed, *purpose) for seed in range(5) for purpose in PURPOSES]
    assert len(set(seeds)) == 5 * len(PURPOSES)


def test_a_seed_means_the_same_in_every_version() -> None:
    # the first 63 bits of the hash of the name; a change would change every stored run
    expected = int(hashlib.sha256(b"7/order/3").hexdigest()[:16], 16) // 2
    assert randomness.derive(7, "order", 3) == expected


@pytest.mark.parametrize("seed", [0, 1, -1, 2**63])
def test_any_integer_seeds_a_generator(seed: int) -> None:
    assert 0 <= randomness.derive(seed, "order") < 2**63
    randomness.generator("cpu", seed, "order")


def test_streams_repeat_and_are_uncorrelated() -> None:
    def draws(*purpose: str | int) -> torch.Tensor:
        return torch.randn(5000, generator=randomness.generator("cpu", 0, *purpose))

    assert draws("noise", 1).equal(draws("noise", 1))
    streams = [draws(*purpose) for purpose in PURPOSES]
    for a, b in combinations(streams, 2):
        assert abs(torch.corrcoef(torch.stack([a, b]))[0, 1]) < 0.06


def test_nothing_reads_or_moves_the_global_seed() -> None:
    before = torch.get_rng_state()
    torch.manual_seed(1)
    first = torch.rand(3, generator=randomness.generator("cpu", 0, "order"))
    torch.manual_seed(2)
    assert torch.rand(3, generator=randomness.generator("cpu", 0, "order")).equal(first)
    torch.set_rng_state(before)
    randomness.generator("cpu", 0, "order")
    assert torch.get_rng_state().equal(before)
