import pytest
import recorded

from vibcli.cli.short_names import common, shortened
from vibcli.compare import compare
from vibcli.findings import Member


@pytest.mark.parametrize(
    ("names", "shared"),
    [
        (["su.honest.vib", "su.honest.baseline"], "su.honest."),
        (["su.honest.vib", "su.published.vib"], ""),
        (["baseline", "bottle"], ""),
        (["a.vib", "vib"], ""),
        (["lambda0.1", "lambda0.15"], ""),
        (["su.honest.0.1", "su.honest.0.2"], ""),
    ],
)
def test_only_recipe_and_protocol_are_taken_off(names: list[str], shared: str) -> None:
    assert common(names) == shared


def test_every_name_is_shortened_and_the_numbers_stay() -> None:
    members = [
        Member(name, {seed: recorded.run(name, seed, lam=lam) for seed in range(3)}, 0)
        for name, lam in (("toy.honest.a", 0.1), ("toy.honest.b", 0.2))
    ]
    result = compare(members)
    told, shown = shortened(result, members, "toy.honest.")
    assert told.dataset == "wine, toy.honest"
    assert [row.name for row in told.rows] == [member.name for member in shown] == ["a", "b"]
    assert told.differing == {"lam": {"a": 0.1, "b": 0.2}}
    assert "toy" not in told.target_reason
    assert [row.findings for row in told.rows] == [row.findings for row in result.rows]
    assert shortened(result, members, "") == (result, members)
