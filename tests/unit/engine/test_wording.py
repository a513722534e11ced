"""Ranking by words: a small collection with what a question should find first."""

from __future__ import annotations

import pytest

from bot.engine.text.wording import ranked, stems

FACTS = (
    "The user has two cats called Minou and Tiger",
    "The user's dog is called Bello",
    "Meets friends at Café Florian on Fridays",
    "Hat am 3. Mai Geburtstag",
    "好きな食べ物は寿司です",
    "Works as a lamp designer in Mestre and lives with many people in a house where dogs are forbidden",
    "Allergic to peanuts",
    "любит пить зелёный чай",
    "The boat leaves at 7:15 from pier 12",
    "Plays the cello in an orchestra on Tuesdays",
)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("What is the name of my cat?", 0),
        ("Is the dog fine?", 1),
        ("Which cafe do I go to?", 2),
        ("Wann sind Geburtstage?", 3),
        ("寿司が好き？", 4),
        ("Who designs lamps?", 5),
        ("May I eat a peanut?", 6),
        ("какой чай я люблю", 7),
        ("Which pier is it, 12?", 8),
        ("When do I play with the orchestra on Tuesday?", 9),
    ],
)
def test_the_nearest_comes_first(question: str, first: int) -> None:
    assert ranked(question, FACTS)[0] == first


def test_what_shares_no_word_is_not_found() -> None:
    assert ranked("quantum gravity", FACTS) == []
    assert ranked("", FACTS) == []
    assert ranked("cats", []) == []


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    texts = ["the boat is red", "the boat is blue", "the boat is green", "a red kite"]
    assert ranked("red boat", texts)[:2] == [0, 3]


def test_of_two_that_say_it_the_shorter_one_comes_first() -> None:
    long = "likes tea and coffee and juice and water and milk and wine and beer"
    assert ranked("tea", [long, "likes tea"]) == [1, 0]


def test_other_words_with_the_same_beginning_are_others() -> None:
    assert ranked("car", ["carnival masks", "a cartoon"]) == []
    assert ranked("12", ["pier 123"]) == []


def test_accents_and_case_do_not_tell_words_apart() -> None:
    assert stems("CAFÉ") == stems("cafe")
