"""Writes the golden files from the code as it is: ``python tests/golden/golden_record.py``.

With names (hashes, runs, weights, options, help, recipes, old) it writes those files alone. The
runs in ``data/old`` are those of version 0.4.0 and have to stay so: ``old`` has to be named.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def main(names: list[str]) -> None:
    """Write the golden files with these names, or all."""
    sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1])]
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["COLUMNS"] = "80"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        os.chdir(folder)
        import golden_cases as cases

        cases.data_files(Path(folder))
        for name, make in MAKERS.items():
            if name in (names or set(MAKERS) - {"old"}):
                make(cases)


def vib(*arguments: object, code: int = 0) -> Any:
    """Run a command in this process."""
    import golden_house
    from conftest import last_of_each
    from typer.testing import CliRunner

    typed = last_of_each([str(a) for a in arguments])
    result = CliRunner().invoke(golden_house.app(), typed, "", {})
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def _write(cases: Any, name: str, content: Any, depth: int = 2) -> None:
    """JSON with a line for each value that lies ``depth`` deep."""
    cases.DATA.mkdir(exist_ok=True)
    path = cases.DATA / f"{name}.json"
    path.write_text(_lines(content, depth) + "\n", encoding="utf-8")
    print(f"{path}: {path.stat().st_size:,} bytes")


def _lines(content: Any, depth: int) -> str:
    if not depth or not isinstance(content, dict) or not content:
        return json.dumps(content, ensure_ascii=False)
    items = (
        f"{json.dumps(str(k), ensure_ascii=False)}: {_lines(v, depth - 1)}"
        for k, v in content.items()
    )
    return "{\n" + ",\n".join(items) + "\n}"


def _hashes(cases: Any) -> None:
    pairs = [(variant, kind) for variant in cases.VARIANTS for kind in cases.KINDS]
    _write(cases, "hashes", {f"{v} {k}": cases.hashes_of(v, k) for v, k in pairs})
    _write(cases, "settings", {f"{v} {k}": cases.settings_of(v, k) for v, k in pairs})


def _runs(cases: Any) -> None:
    found = {}
    for name, arguments in cases.RUNS.items():
        run = cases.train(vib, arguments)
        files = cases.kept_of_files(Path("results", run["id"]), name in cases.PREPROCESSED)
        found[name] = cases.kept_of_run(run) | files
    _write(cases, "runs", found)


def _weights(cases: Any) -> None:
    found = {}
    for name, arguments in cases.RUNS.items():
        run = cases.train(vib, (*arguments, *cases.UNTRAINED))
        found[name] = cases.kept_of_weights(Path("results", run["id"]))
    _write(cases, "weights", found)


def _options(cases: Any) -> None:
    _write(cases, "options", cases.options()[0])


def _help(cases: Any) -> None:
    _write(cases, "help", cases.options()[1])


def _recipes(cases: Any) -> None:
    place = ("--results", shutil.copytree(cases.RESULTS, "recorded"))
    listed = json.loads(vib("reproduce", "--list", "--json", *place).stdout)
    found: dict[str, Any] = {"": listed}
    for recipe in listed:
        for protocol in recipe["protocols"]:
            arguments = ("reproduce", recipe["name"], "--protocol", protocol, "--no-train")
            try:
                text = vib(*arguments, "--json", *place).stdout
            except AssertionError:  # not all of its runs are there
                vib(*arguments, "--json", *place, code=2)
                continue
            found[f"{recipe['name']} {protocol}"] = json.loads(text)
    _write(cases, "recipes", found)


@contextmanager
def _interrupted(files: str, times: int) -> Iterator[None]:
    """Interrupts this process once a file of this name was put in place so many times."""
    replace, left = os.replace, [times]

    def put(source: Any, target: Any) -> None:
        replace(source, target)
        left[0] -= Path(target).name == files
        if not left[0]:
            raise KeyboardInterrupt

    os.replace = put  # type: ignore[assignment]
    try:
        yield
    finally:
        os.replace = replace


def _old(cases: Any) -> None:
    kept = cases.DATA / "old"
    shutil.rmtree(kept, ignore_errors=True)
    complete, half, again = (Path("old", name) for name in ("complete", "half", "again"))
    found: dict[str, Any] = {"ids": {}, "answers": {}}
    for name in cases.OLD:
        arguments = ("train", "--variant", name, *cases.OLD_SETTINGS, "--json", "--results")
        (run,) = json.loads(vib(*arguments, complete).stdout)
        found["ids"][name] = run["id"]
        # the vae is interrupted with a checkpoint of two epochs and a record of one
        file, times = ("checkpoint.safetensors", 2) if name == "vae" else ("run.json", 3)
        with _interrupted(file, times):
            vib(*arguments, half, code=130)
        cut = json.loads((half / run["id"] / "run.json").read_text())
        assert (cut["status"], len(cut["epochs"])) == ("running", 1 if name == "vae" else 2)
        shutil.copytree(half / run["id"], again / run["id"])
        (resumed,) = json.loads(vib(*arguments, again).stdout)
        assert cases.kept_of_run(resumed) == cases.kept_of_run(run)
        model = [folder / run["id"] / "model.safetensors" for folder in (complete, again)]
        assert model[0].read_bytes() == model[1].read_bytes()
    for lock in (*complete.rglob(".lock"), *half.rglob(".lock")):
        lock.unlink()
    shutil.copytree(complete, kept / "complete")
    shutil.copytree(half, kept / "interrupted")
    for name, id in found["ids"].items():
        found["answers"][name] = {
            what: cases.answer(vib, arguments, complete, id=id, experiment=id.split("/")[1])
            for what, arguments in cases.ASKED.items()
        }
    found["of all"] = {
        what: cases.answer(vib, arguments, complete)
        for what, arguments in cases.ASKED_OF_ALL.items()
    }
    _write(cases, "old", found, depth=3)


MAKERS = {
    "hashes": _hashes,
    "runs": _runs,
    "weights": _weights,
    "options": _options,
    "help": _help,
    "recipes": _recipes,
    "old": _old,
}

if __name__ == "__main__":
    main(sys.argv[1:])
