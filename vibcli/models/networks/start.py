"""Initial weights."""

from torch import nn

from vibcli import randomness


def initialise(module: nn.Module, seed: int) -> None:
    """Draw the initial weights: embeddings U(-0.05, 0.05), others Glorot uniform, biases 0.

    Those are the defaults of Keras, in which the essay's network is written; Glorot & Bengio
    2010, eq. 16. Each parameter has a random stream of its own name, so two networks start with
    the same weights wherever names and shapes agree.
    """
    embeddings = {id(m.weight) for m in module.modules() if isinstance(m, nn.Embedding)}
    for name, parameter in module.named_parameters():
        rng = randomness.generator("cpu", seed, "weights", name)
        if parameter.ndim < 2:
            nn.init.zeros_(parameter)
        elif id(parameter) in embeddings:
            nn.init.uniform_(parameter, -0.05, 0.05, generator=rng)
        else:
            nn.init.xavier_uniform_(parameter, generator=rng)
