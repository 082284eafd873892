"""The page on what came of the recipes: Markdown, made from the records of their runs alone."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vibcli.config.data import WATCHED
from vibcli.errors import VibError
from vibcli.recipes.claims import ClaimFinding, claim_findings, claim_sentence, shown
from vibcli.recipes.lookup import Runs, recorded
from vibcli.recipes.measures import MEASURES, Seeds, draws, values
from vibcli.recipes.packaged import packaged
from vibcli.recipes.recipe import Recipe, load_recipe
from vibcli.statistics import estimate, paired
from vibcli.store.comparisons import kept
from vibcli.store.environment import machine_in_words, versions_in_words
from vibcli.store.records import Run

TITLES = {"": "validation curves"}  # of pictures, where they are not called by their names
INTRODUCTION = """\
# Publications, done again

`vib report` writes this page from the records of the runs in this folder; it is not edited by
hand. Numbers are means over seeds with Student t 95% intervals; differences are paired by seed.
`vib reproduce --help` says when a claim counts as reproduced."""


def page(results: Path) -> str:
    """Each recipe and protocol with complete runs in ``results``, in the order of their names.

    Comparisons of all the runs of some experiments are quoted where they are kept.

    Raises:
        VibError: there are none.
    """
    sections = [text for name in packaged() for text in _recipe(load_recipe(name), results)]
    if not sections:
        raise VibError(
            f"There are no runs of recipes in {results}. Make some with: vib reproduce NAME"
        )
    return "\n\n".join([INTRODUCTION, *sections]) + "\n"


def _recipe(recipe: Recipe, results: Path) -> Iterator[str]:
    found = {protocol: recorded(recipe, protocol, results) for protocol in recipe.protocols}
    present = {protocol: there for protocol, there in found.items() if any(there.runs.values())}
    if not present:
        return
    about = recipe.publication
    yield f"## {recipe.name}: {recipe.title}"
    yield f"{about.authors}: [{about.title}]({about.url}). {about.venue}, {about.year}."
    for protocol, (runs, broken) in present.items():
        yield f"### {recipe.name}, {protocol}"
        yield f"{_sentence_case(recipe.protocols[protocol].description)}."
        if recipe.watches_test(protocol):
            yield f"**{_sentence_case(WATCHED)}.**"
        if known := [f for f in claim_findings(recipe, runs, broken) if f.ours is not None]:
            yield _claims(known)
        yield from (_experiments(recipe, runs, measure) for measure in _measures(recipe))
        yield from _comparisons(recipe, protocol, runs, results)
        yield _made_by(recipe, protocol, runs)


def _measures(recipe: Recipe) -> list[str]:
    """What the claims are about, in the order in which they come to it."""
    return list(dict.fromkeys(claim.measure for claim in recipe.claims))


def _claims(lines: Sequence[ClaimFinding]) -> str:
    rows = [
        (
            claim_sentence(line.claim),
            line.claim.source,
            shown(line.ours, line.claim.against is not None),
            line.seeds,
            f"**{line.outcome}**",
        )
        for line in lines
    ]
    return _table(("claim", "source", "ours [95% interval]", "seeds", "outcome"), rows)


def _experiments(recipe: Recipe, runs: Runs, measure: str) -> str:
    """A line for each experiment and way to evaluate it, against the first experiment."""
    about = MEASURES[measure]
    reference = next(iter(recipe.experiments))
    unit = f", {about.unit.strip()}" if about.unit else ""
    head = (
        *("experiment", "z", "seeds", f"{about.title}{unit}", "sd", "95% interval"),
        f"difference to {reference}",
    )
    rows = []
    for name, found in runs.items():
        for samples in (0, *recipe.samples) if _drawn(measure, found) else (0,):
            own = values(measure, found, samples)
            if not own:
                continue
            other = values(measure, runs[reference], samples)
            gains = paired(own, other) if name != reference else []
            ours = estimate(list(own.values()))
            rows.append(
                (
                    name,
                    f"{samples} draws" if samples else "mean" if about.at_mean else "-",
                    str(ours.n),
                    f"{ours.mean:.2f}",
                    "-" if ours.sd is None else f"{ours.sd:.2f}",
                    "-" if ours.low is None else f"{ours.low:.2f} to {ours.high:.2f}",
                    shown(estimate(gains) if gains else None, signed=True),
                )
            )
    return _table(head, rows)


def _drawn(measure: str, found: Seeds) -> bool:
    """Whether draws of z change the measure."""
    return MEASURES[measure].at_mean and any(draws(measured.run) for measured in found.values())


def _comparisons(recipe: Recipe, protocol: str, runs: Runs, results: Path) -> Iterator[str]:
    """What `vib compare` said of all runs of two experiments or more, and where its tables are.

    A comparison of runs that were trained again since is not of these runs.
    """
    experiments = [
        {(measured.run.id, measured.run.created) for measured in found.values()}
        for found in runs.values()
    ]
    names = {recipe.run_name(protocol, experiment): experiment for experiment in runs}
    for path, content, pictures in kept(results):
        compared = set(zip(content["runs"], content.get("created", ()), strict=False))
        whole: set[tuple[str, str]] = set().union(*(ids for ids in experiments if ids & compared))
        if not compared or compared != whole:
            continue
        named = {TITLES.get(name, name): file for name, file in sorted(pictures.items())}
        links = [
            f"[{what}]({file.relative_to(results).as_posix()})"
            for what, file in {"tables": path, **named}.items()
        ]
        said = [_renamed(text, names) for text in content.get("paragraphs", content["verdict"])]
        lines = [f"* {text}" for text in said]
        yield "\n".join([f"`vib compare` says ({', '.join(links)}):", "", *lines])


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """``text`` with each whole key of ``names`` replaced by its value."""
    return re.sub(r"[\w.-]*\w", lambda word: names.get(word[0], word[0]), text)


def _made_by(recipe: Recipe, protocol: str, found: Runs) -> str:
    """Versions, machine, time, and the command that makes it all again."""
    runs = [measured.run for by_seed in found.values() for measured in by_seed.values()]
    seconds = sum(sum(run.timings.values()) for run in runs)
    sizes = runs[0].data.sizes
    data = ", ".join(f"{count:,} {part} rows" for part, count in sizes.items())
    lines = [
        "How it was made:",
        "",
        f"* Data: {runs[0].data.name} ({runs[0].data.fingerprint}): {data}",
        f"* Settings: {_settings(recipe, protocol)}",
        *(f"* Versions: {text}" for text in _distinct(runs, versions_in_words)),
        *(f"* Machine: {text}" for text in _distinct(runs, machine_in_words)),
        f"* Compute: {seconds:,.0f} s in {len(runs)} runs",
        f"* Again: `vib reproduce {recipe.name} --protocol {protocol}`",
    ]
    return "\n".join(lines)


def _settings(recipe: Recipe, protocol: str) -> str:
    """What the recipe sets for all, then what it sets for some."""
    common = _plain(recipe.settings | recipe.protocols[protocol].settings)
    own = [f"{name}: {_plain(e.settings)}" for name, e in recipe.experiments.items() if e.settings]
    return "; ".join([common, *own])


def _plain(settings: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key} {','.join(map(str, value)) if isinstance(value, list) else value}"
        for key, value in settings.items()
    )


def _distinct(runs: Sequence[Run], of: Callable[[Mapping[str, Any]], str]) -> list[str]:
    return sorted({of(run.environment) for run in runs})


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', '/') for c in line)} |" for line in lines)
