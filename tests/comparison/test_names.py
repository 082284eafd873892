import pytest
import recorded

from vibcli.comparison.compare import compare
from vibcli.comparison.member import Member
from vibcli.comparison.names import short_names, shortened


@pytest.mark.parametrize(
    ("names", "origins", "short"),
    [
        (["su.honest.vib", "su.honest.base"], ("su.honest",), ["vib", "base"]),
        (["su.honest.base", "ours.honest.best"], ("su.honest", "ours.honest"), ["base", "best"]),
        (["su.honest.vib", "su.published.vib"], (), None),  # two of a name
        (["su.honest.vib", "vib"], (), None),
        (["baseline", "vib"], (), None),
        (["lambda0.1", "lambda0.15"], (), None),
        (["su.honest.0.1", "su.honest.0.2"], (), None),
    ],
)
def test_recipe_and_protocol_are_taken_off_where_names_stay_apart(
    names: list[str], origins: tuple[str, ...], short: list[str] | None
) -> None:
    found = short_names(names)
    assert found.origins == origins
    assert found.short == dict(zip(names, short or names, strict=True))


def test_every_name_is_shortened_and_the_numbers_stay() -> None:
    members = [
        Member(name, {seed: recorded.run(name, seed, lam=lam) for seed in range(3)}, 0)
        for name, lam in (("toy.honest.a", 0.1), ("ours.honest.b", 0.2))
    ]
    result = compare(members)
    told, shown = shortened(result, members, short_names([m.name for m in members]))
    assert told.dataset == "wine, toy.honest, ours.honest"
    assert [row.name for row in told.rows] == [member.name for member in shown] == ["a", "b"]
    assert told.differing == {"lam": {"a": 0.1, "b": 0.2}}
    assert result.margin_reason == "a tenth of toy.honest.a's error"
    assert told.margin_reason == "a tenth of a's error"
    assert [row.findings for row in told.rows] == [row.findings for row in result.rows]


def test_names_that_stay_leave_all_as_it_is() -> None:
    members = [
        Member(name, {seed: recorded.run(name, seed, lam=lam) for seed in range(3)}, 0)
        for name, lam in (("a", 0.1), ("b", 0.2))
    ]
    result = compare(members)
    assert shortened(result, members, short_names(["a", "b"])) == (result, members)
