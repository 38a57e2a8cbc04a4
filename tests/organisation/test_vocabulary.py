"""Every vocabulary a bureau may choose has three words, heaviest first, and no two alike."""

from assessments.levels import VOCABULARIES
from lianzheng.organisation.models import Unit


def test_vocabularies_are_those_a_bureau_may_choose() -> None:
    assert set(VOCABULARIES) == set(Unit.Vocabulary.values)


def test_words_of_a_vocabulary_are_the_choice_s_label() -> None:
    spelled = {key: "、".join(words[rank] for rank in (1, 2, 3)) for key, words in VOCABULARIES.items()}
    assert spelled == {choice.value: choice.label for choice in Unit.Vocabulary}
