"""Matching: which concept a text means, for many texts at once, with a reason and a probability.

:class:`Matcher` matches texts with the concepts of one revision; docs/matching.md says how.
"""

from rolegraph.matching.encoders import Encoder
from rolegraph.matching.fusion import Fitted
from rolegraph.matching.matcher import LONGEST, MOST_CANDIDATES, MOST_TEXTS, Matcher
from rolegraph.matching.results import Candidate, FittedOn, MatchResult, TextMatch

__all__ = ["LONGEST", "MOST_CANDIDATES", "MOST_TEXTS", "Candidate", "Encoder", "Fitted", "FittedOn", "MatchResult", "Matcher", "TextMatch"]
