"""Data sets of the Hugging Face Hub, and folders in the Hub's layout, through `datasets`."""

import tempfile
from logging import CRITICAL
from typing import Any

from vibcli.data.raw import Raw
from vibcli.errors import DataError

TIMEOUT = 10.0  # seconds until the Hub counts as unreachable


def resolve_revision(id: str, revision: str | None) -> str:
    """Commit that ``revision`` (a branch, tag or commit; by default the main branch) stands for.

    Raises:
        ConnectionError: the Hub cannot be reached.
        DataError: there is no such data set or revision, or it may not be read.
    """
    import huggingface_hub
    from huggingface_hub import errors

    _silence()
    try:
        info = huggingface_hub.HfApi().dataset_info(id, revision=revision, timeout=TIMEOUT)
        return str(info.sha)
    except errors.GatedRepoError:
        raise DataError(
            f"'{id}' is gated: accept its terms on the Hub, then log in with: hf auth login"
        ) from None
    except errors.RepositoryNotFoundError:
        raise DataError(f"The Hub has no data set '{id}', or it is private.") from None
    except errors.RevisionNotFoundError:
        raise DataError(f"The data set '{id}' has no revision '{revision}'.") from None
    except errors.HFValidationError:
        raise DataError(f"'{id}' is not a valid Hub id (org/name).") from None
    except Exception as error:
        # the HTTP client, and so its errors, depend on the version of huggingface_hub; others
        # come from an answer that is not the Hub's, as a captive portal gives
        raise ConnectionError(_reason(error)) from error


def read_hub(path: str, config: str | None, revision: str | None) -> Raw:
    """Read every split of a Hub data set at a commit, or of a local folder.

    Raises:
        DataError: it cannot be downloaded or read, or has several configurations.
    """
    import datasets

    _silence()
    # decoded rows are cached by `vibcli.data.cache`; a second copy would only take space
    with tempfile.TemporaryDirectory(prefix="vibcli-", ignore_cleanup_errors=True) as cache:
        try:
            builder = datasets.load_dataset_builder(
                path, config, revision=revision, cache_dir=cache
            )
            if revision is not None and builder.hash != revision:
                raise DataError(f"'{path}' cannot be read at commit {revision}.")
            builder.download_and_prepare()
            splits = builder.as_dataset(in_memory=True)
        except DataError:
            raise
        except Exception as error:  # of the HTTP client, the file formats, the libraries between
            hint = " Choose one with --config." if "onfig" in str(error) else ""
            raise DataError(f"{path} cannot be read: {_reason(error)}.{hint}") from error
    features = next(iter(splits.values())).features
    return Raw(
        splits={str(name): split.data.table for name, split in splits.items()},
        class_names=_class_names(features),
    )


def _reason(error: BaseException) -> str:
    """Say in a line or two what went wrong first."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = str(error).strip().splitlines()[:2]
    return " ".join(lines).rstrip(".") or type(error).__name__


def _class_names(features: Any) -> dict[str, tuple[str, ...]]:
    import datasets

    return {
        name: tuple(feature.names)
        for name, feature in features.items()
        if isinstance(feature, datasets.ClassLabel)
    }


def _silence() -> None:
    """Keep the libraries' progress bars and logs off the terminal; errors are raised anyway."""
    import datasets
    import huggingface_hub.utils

    datasets.disable_progress_bars()
    datasets.utils.logging.set_verbosity(CRITICAL)
    huggingface_hub.utils.disable_progress_bars()
    huggingface_hub.utils.logging.set_verbosity(CRITICAL)
