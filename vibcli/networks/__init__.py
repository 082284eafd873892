"""Encoders and heads: plain modules that are built from flat numbers."""

from vibcli.networks.conv import Conv
from vibcli.networks.mlp import MLP
from vibcli.networks.start import initialise
from vibcli.networks.text_cnn import TextCNN

__all__ = ["MLP", "Conv", "TextCNN", "initialise"]
