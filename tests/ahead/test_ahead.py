"""Pieces made while others are used: in order, one ahead, errors where they belong."""

import threading

import pytest

from orchestration.ahead import ahead


def test_pieces_come_in_order_and_empty_ones_too():
    assert list(ahead(iter([3, 0, None, [], 1]))) == [3, 0, None, [], 1]
    assert list(ahead(iter(()))) == []


def test_the_next_piece_is_made_while_one_is_used_and_no_more():
    made = [threading.Event() for _ in range(4)]

    def pieces():
        for event in made:
            event.set()
            yield event

    taken = ahead(pieces())
    next(taken)
    assert made[1].wait(10)
    # The one thread is idle once it has made the second: the third waits to be asked for.
    assert not made[2].wait(0.05)
    assert len(list(taken)) == 3


def test_what_making_a_piece_raises_is_raised_after_the_pieces_before_it():
    def pieces():
        yield 1
        raise ValueError("no second")

    taken = ahead(pieces())
    assert next(taken) == 1
    with pytest.raises(ValueError, match="no second"):
        next(taken)


def test_who_stops_early_leaves_no_thread_behind():
    before = threading.active_count()
    taken = ahead(iter(range(10)))
    next(taken)
    taken.close()
    assert threading.active_count() == before
