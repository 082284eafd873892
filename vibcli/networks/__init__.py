"""Encoders, decoders and heads: plain modules that are built from flat numbers."""

from vibcli.networks.bag_of_words import BagOfWords
from vibcli.networks.conv import Conv
from vibcli.networks.decoder import Decoder
from vibcli.networks.mlp import MLP
from vibcli.networks.start import initialise
from vibcli.networks.text_cnn import TextCNN

__all__ = ["MLP", "BagOfWords", "Conv", "Decoder", "TextCNN", "initialise"]
