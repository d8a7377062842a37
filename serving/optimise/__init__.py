"""From one release to variants of its models: each measured beside the original, one chosen by a rule.

A release holds up to two models that answer (``stages``): the towers, and the ranker, which orders what
known customers are shown. Of each, ``variants`` names smaller or faster ones, made by kept tools; all of them
are asked the questions of the release's own customers (``quality``), timed by turns (``timing``), and
``choice`` picks one by a rule. What was not measured is listed with the reason, and never chosen.

The result is a folder beside the release, which itself stays as it was signed: ``optimised.json``
(``record``) and the chosen models.
"""
