"""Batches hold texts of like length, and nothing of them shows in the results."""

from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.models.token_batches import TokenBatch, batch_of, grouped, scores_of

lengths = st.lists(st.integers(1, 600), max_size=60)


@given(lengths, st.integers(1, 4000))
def test_every_text_is_in_one_batch_that_fits(sizes: list[int], budget: int) -> None:
    batches = list(grouped(sizes, budget))
    assert sorted(place for batch in batches for place in batch) == list(range(len(sizes)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(sizes[place] for place in batch) <= budget
    flat = [sizes[place] for batch in batches for place in batch]
    assert flat == sorted(flat, reverse=True)


@given(st.lists(st.lists(st.integers(2, 99), min_size=1, max_size=40), max_size=30), st.integers(1, 200))
def test_results_come_back_in_the_order_of_the_texts(texts: list[list[int]], budget: int) -> None:
    def score(batch: TokenBatch) -> list[float | None]:
        assert ((batch.ids == 1) == (batch.mask == 0)).all()
        assert batch.mask.sum(axis=1).tolist() == list(batch.lengths)
        return [float(total) for total in (batch.ids * batch.mask).sum(axis=1)]

    assert scores_of(texts, budget, 1, score) == [float(sum(text)) for text in texts]


def test_padding_stands_to_the_right() -> None:
    batch = batch_of([[5, 6, 7], [8]], pad=1)
    assert batch.ids.tolist() == [[5, 6, 7], [8, 1, 1]]
    assert batch.mask.tolist() == [[1, 1, 1], [1, 0, 0]]
