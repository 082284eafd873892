import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch

from vibcli.device import Machine
from vibcli.errors import VibError


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 3])
def test_threads_are_set_and_go_back_to_the_default(threads: int) -> None:
    code = (
        "import torch; from vibcli.device import Machine; usual = torch.get_num_threads(); "
        f"assert Machine('cpu', {threads}).start() == torch.device('cpu'); "
        "print(torch.get_num_threads()); Machine('cpu').start(); "
        "print(torch.get_num_threads() - usual)"
    )
    for usual in ("1", "2"):
        environment = os.environ | {"OMP_NUM_THREADS": usual}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == [str(threads), "0"]


def test_the_same_device_with_other_threads() -> None:
    assert Machine("cpu", 2).with_threads(5) == Machine("cpu", 5)


def test_a_machine_is_described_without_pytorch() -> None:
    code = "import sys; from vibcli.device import Machine; Machine(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


def _can_flush() -> bool:
    able = torch.set_flush_denormal(True)
    torch.set_flush_denormal(False)
    return able


@pytest.mark.slow
@pytest.mark.skipif(not _can_flush(), reason="this processor cannot flush them")
@pytest.mark.parametrize("threads", [1, 2])
def test_numbers_too_small_for_their_format_become_0(threads: int) -> None:
    code = (
        "import torch; from vibcli.device import Machine; "
        f"Machine('cpu', {threads}).start(); tiny = torch.full((1_000_000,), 1.2e-38); "
        "print((tiny * 0.5).count_nonzero().item(), (tiny * 1.5).count_nonzero().item())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "1000000"]


def test_auto_takes_what_there_is() -> None:
    expected = (
        "cuda"
        if torch.cuda.is_available()
        else "mps"
        if torch.backends.mps.is_available()
        else "cpu"
    )
    assert Machine().start().type == expected


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "", "cpu:cpu"])
def test_a_device_that_is_not_here_is_named(name: str) -> None:
    with pytest.raises(VibError, match=f"--device {name} cannot be used here: ."):
        Machine(name).start()
