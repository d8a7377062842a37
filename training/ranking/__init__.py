"""The ranking stage: candidates and features by counting and linear algebra, ordered by a listwise network.

``docs/recommender.md`` holds the protocol, the recipe and the figures.
"""
