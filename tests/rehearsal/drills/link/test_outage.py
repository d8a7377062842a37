from __future__ import annotations

import math

from rehearsal.drills.link.outage import outage


def test_it_lasts_from_the_fault_to_the_first_try_after_which_none_failed() -> None:
    questions = [
        [(9.0, True)],
        [(10.5, False), (11.7, False), (15.0, True)],
        [(12.0, True)],  # By the tunnel that was left.
        [(13.0, False), (14.2, True)],
        [(16.0, True)],
    ]
    seen = outage(questions, fault=10.0)
    assert (seen.asked, seen.failed_first, seen.lost) == (5, 2, 0)
    assert math.isclose(seen.recovered, 4.2)
    assert str(seen) == "4.2 s to recover, 2 of 5 questions failed at first, 0 lost"


def test_what_is_never_answered_is_lost_and_nothing_recovered() -> None:
    seen = outage([[(9.0, True)], [(10.1, False), (11.0, False)]], fault=10.0)
    assert (seen.failed_first, seen.lost, seen.recovered) == (1, 1, math.inf)


def test_a_fault_that_nobody_notices_costs_nothing() -> None:
    seen = outage([[(9.0, True)], [(11.0, True)]], fault=10.0)
    assert (seen.failed_first, seen.lost, seen.recovered) == (0, 0, 0.0)
