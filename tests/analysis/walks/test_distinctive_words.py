import numpy as np
import pytest
from scipy.special import rel_entr

from vibcli.analysis.walks.distinctive_words import distinctive, usual_shares

WORDS = ("[PAD]", "[UNK]", "the", "good", "bad", "rare")
USUAL = np.array([0, 0, 0.6, 0.2, 0.15, 0.05])


def test_shares_of_all_texts_without_padding_and_unknown_words() -> None:
    x = np.array([[0, 0, 2, 3], [1, 2, 2, 4]], np.int32)
    assert usual_shares(x, 6).tolist() == pytest.approx([0, 0, 3 / 5, 1 / 5, 1 / 5, 0])


def test_texts_without_a_known_word_have_no_shares() -> None:
    assert usual_shares(np.zeros((2, 3), np.int32), 4).tolist() == [0] * 4


def test_the_order_is_that_of_the_terms_of_the_divergence() -> None:
    shares = np.array([0, 0, 0.5, 0.1, 0.3, 0.1])
    terms = dict(zip(WORDS, rel_entr(shares, USUAL), strict=True))
    found = distinctive(shares, USUAL, WORDS, 6)
    assert found == ["bad", "rare"]  # the others are rarer than usual
    assert terms["bad"] > terms["rare"] > 0
    assert distinctive(shares, USUAL, WORDS, 1) == ["bad"]


def test_a_word_that_hardly_occurs_is_not_the_most_telling() -> None:
    shares = np.array([0, 0, 0.3, 0.4, 0.2, 0.1])
    ratios = shares[2:] / USUAL[2:]
    assert ratios.argmax() in (1, 3)
    assert distinctive(shares, USUAL, WORDS, 1) == ["good"]


def test_the_usual_distribution_and_no_words_tell_nothing() -> None:
    assert distinctive(USUAL, USUAL, WORDS, 3) == []
    assert distinctive(np.zeros(6), USUAL, WORDS, 3) == []


def test_a_word_of_no_training_text_is_never_telling() -> None:
    shares = np.array([0.5, 0, 0, 0, 0, 0.5])
    assert distinctive(shares, USUAL, WORDS, 3) == ["rare"]
