"""Encoders, decoders and heads: plain modules that are built from flat numbers."""

from vibcli.models.networks.bag_of_words import BagOfWords
from vibcli.models.networks.conv import Conv
from vibcli.models.networks.decoder import Decoder
from vibcli.models.networks.mlp import MLP
from vibcli.models.networks.start import initialise
from vibcli.models.networks.text_cnn import TextCNN

__all__ = ["MLP", "BagOfWords", "Conv", "Decoder", "TextCNN", "initialise"]
