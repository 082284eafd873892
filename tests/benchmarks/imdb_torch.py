"""The essay's network as one writes it with PyTorch's own layers, and an everyday loop."""

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .data import WORDS, Rows

BATCH, LAMBDA = 32, 0.1


class TextVIB(nn.Module):
    """Embedding, convolution, ReLU, maximum over time, mu and log_var, z, two classes."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, 50)
        self.convolution = nn.Conv1d(50, 250, 3)
        self.mean = nn.Linear(250, 128)
        self.log_var = nn.Linear(250, 128)
        self.head = nn.Linear(128, 2)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        vectors = self.words(ids).transpose(1, 2)  # [B, 50, T]
        features = F.relu(self.convolution(vectors)).amax(dim=2)  # [B, 250]
        mean, log_var = self.mean(features), self.log_var(features)
        z = mean + torch.exp(log_var / 2) * torch.randn_like(mean)
        return self.head(z), mean, log_var


def epoch(rows: Rows, threads: int) -> Callable[[], float]:
    """Seconds of an epoch over ``rows``, without validation."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    x, y = torch.from_numpy(rows.x).long(), torch.from_numpy(rows.y)
    model = TextVIB()
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)

    def run() -> float:
        started = time.perf_counter()
        model.train()
        total = 0.0
        for index in torch.split(torch.randperm(len(y)), BATCH):
            adam.zero_grad()
            logits, mean, log_var = model(x[index])
            kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(dim=1).mean()
            loss = F.cross_entropy(logits, y[index]) + LAMBDA * kl
            loss.backward()
            adam.step()
            total += loss.item()
        return time.perf_counter() - started

    return run
