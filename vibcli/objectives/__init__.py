"""What a run optimises: a loss and its own optimisers."""

from vibcli.objectives.classifier import Classifier, Terms

__all__ = ["Classifier", "Terms"]
