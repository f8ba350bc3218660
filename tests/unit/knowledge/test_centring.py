"""Vectors without what texts share by their language."""

import numpy as np
import pytest

from knowledge.centring import ENOUGH, Centres, centre_all
from knowledge.embedding import Vectors
from knowledge.messages import Post
from tests.making import post

LANGUAGES = ("sv", "fa")
MATTERS = 12


def unit(*values: float) -> Vectors:
    vector = np.zeros(32, dtype=np.float32)
    vector[: len(values)] = values
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def community(count: int = MATTERS) -> tuple[list[Post], dict[str, Vectors]]:
    """Posts on `count` matters, each in two languages; the language weighs more than the matter."""
    posts, vectors = [], {}
    for place, language in enumerate(LANGUAGES):
        for matter in range(count):
            id_ = f"{language}{matter}"
            posts.append(post(id_, language=language))
            vectors[id_] = unit(*(4.0 * (place == i) for i in range(2)), *(float(matter == i) for i in range(count)))
    return posts, vectors


def test_before_centring_the_language_is_nearer_than_the_matter() -> None:
    _, vectors = community()
    assert vectors["sv0"] @ vectors["sv1"] > vectors["sv0"] @ vectors["fa0"]


def test_after_centring_the_matter_is_nearer_than_the_language() -> None:
    centred = centre_all(*community())
    assert centred["sv0"] @ centred["fa0"] > 0.9 > 0.1 > centred["sv0"] @ centred["sv1"]


def test_centred_vectors_have_length_one() -> None:
    lengths = [np.linalg.norm(vector) for vector in centre_all(*community()).values()]
    assert lengths == pytest.approx([1.0] * len(lengths))


def test_a_language_with_few_posts_is_centred_by_all() -> None:
    posts, vectors = community(ENOUGH - 1)
    centres = Centres.of(posts, vectors)
    assert centres.by_language == {}
    assert np.allclose(centres.overall, np.mean(list(vectors.values()), axis=0))


def test_a_language_with_enough_posts_is_centred_by_its_own() -> None:
    assert Centres.of(*community(ENOUGH)).by_language.keys() == set(LANGUAGES)


def test_a_language_that_nobody_wrote_in_is_centred_by_all() -> None:
    centres = Centres.of(*community())
    vector = unit(0, 0, 1)
    shifted = vector - centres.overall
    assert np.allclose(centres.centre(vector, "zu"), shifted / np.linalg.norm(shifted), atol=1e-6)


def test_a_post_without_a_vector_is_left_out() -> None:
    posts, vectors = community()
    del vectors["sv0"]
    assert "sv0" not in centre_all(posts, vectors)
    assert len(centre_all(posts, vectors)) == len(posts) - 1


@pytest.mark.parametrize("posts", [[], [post("m1")]])
def test_without_vectors_there_is_nothing_to_centre(posts: list[Post]) -> None:
    assert centre_all(posts, {}) == {}


def test_a_vector_that_is_the_centre_is_left_without_a_direction() -> None:
    centred = centre_all([post("m1")], {"m1": unit(1, 2)})
    assert not centred["m1"].any()
