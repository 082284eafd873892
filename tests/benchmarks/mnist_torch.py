"""Alemi's network on MNIST as tutorials write it: images from a DataLoader, one by one."""

import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from .data import Rows

BATCH, LAMBDA, DECAY = 100, 1e-3, 0.999


class Digits(Dataset[tuple[Tensor, int]]):
    """PIL image -> tensor in [0, 1] -> normalised to [-1, 1], as torchvision's transforms do."""

    def __init__(self, rows: Rows) -> None:
        self.pixels, self.labels = rows.x[:, 0], rows.y

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.pixels[index])
        array = np.array(image, np.uint8, copy=True).reshape(image.height, image.width, 1)
        tensor = torch.from_numpy(array).permute(2, 0, 1).contiguous().float().div(255)
        mean, std = torch.tensor([0.5]), torch.tensor([0.5])
        return tensor.sub(mean[:, None, None]).div(std[:, None, None]), int(self.labels[index])


class DigitVIB(nn.Module):
    """784-1024-1024, mu and sigma = softplus(rho - 5) of width 256, ten classes."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU()
        )
        self.mean = nn.Linear(1024, 256)
        self.rho = nn.Linear(1024, 256)
        self.head = nn.Linear(256, 10)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features = self.encoder(x)
        mean, sigma = self.mean(features), F.softplus(self.rho(features) - 5)
        return self.head(mean + sigma * torch.randn_like(sigma)), mean, sigma


def epoch(rows: Rows, threads: int) -> Callable[[], float]:
    """Seconds of an epoch over ``rows``, without validation."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    loader = DataLoader(Digits(rows), batch_size=BATCH, shuffle=True)
    model = DigitVIB()
    adam = torch.optim.Adam(
        model.parameters(), lr=1e-4, betas=(0.5, 0.999), foreach=False, fused=False
    )
    averages = [parameter.detach().clone() for parameter in model.parameters()]

    def run() -> float:
        started = time.perf_counter()
        model.train()
        total = 0.0
        for x, y in loader:
            adam.zero_grad()
            logits, mean, sigma = model(x)
            kl = 0.5 * (mean**2 + sigma**2 - 1 - 2 * sigma.log()).sum(dim=1).mean()
            loss = F.cross_entropy(logits, y) + LAMBDA * kl
            loss.backward()
            adam.step()
            with torch.no_grad():
                for average, parameter in zip(averages, model.parameters(), strict=True):
                    average.mul_(DECAY).add_(parameter, alpha=1 - DECAY)
            total += loss.item()
        return time.perf_counter() - started

    return run
