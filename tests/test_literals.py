"""Durations as Virtuoso takes them, and back."""

import pyoxigraph as ox
import pytest

from rolegraph.engine.remote import literals

DURATION = ox.NamedNode("http://www.w3.org/2001/XMLSchema#duration")
SUBJECT = ox.NamedNode("http://example.org/s")


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("P1Y", "P1Y0M0DT0H0M0S"),
        ("-P10M", "-P0Y10M0DT0H0M0S"),
        ("PT0.5S", "P0Y0M0DT0H0M0.5S"),
        ("P100DT20H", "P0Y0M100DT20H0M0S"),
        ("PT0S", "P0Y0M0DT0H0M0S"),
    ],
)
def test_a_duration_is_sent_whole_and_given_back_as_it_was(written: str, whole: str) -> None:
    assert literals.sent([(SUBJECT, SUBJECT, ox.Literal(written, datatype=DURATION))]).split('"')[1] == whole
    assert literals.normalised(ox.Literal(whole, datatype=DURATION)) == ox.Literal(written, datatype=DURATION)


def test_other_terms_stay() -> None:
    for term in (None, SUBJECT, ox.Literal("P1Y"), ox.Literal("a year", datatype=DURATION), ox.Literal(1)):
        assert literals.normalised(term) == term
    assert '"a year"' in literals.sent([(SUBJECT, SUBJECT, ox.Literal("a year", datatype=DURATION))])
