"""The entry modules of each result: another run is needed where they, or what they import, were changed.

``isthmus.source_digest`` follows their imports, so a file that none of them uses changes nothing.
"""

FEATURES = ("training.features.training_data",)
"""From raw orders to the inputs of the towers."""
CANDIDATE = ("training.fit.run", "training.release.warm_start", "training.release.build_release")
"""The training, from what to learn from to the exported release."""
TRIAL = ("training.fit.run", "training.operations.tuning.objective")
"""A trial of a study: what the best settings are of depends on no more."""
CLEANED_DAYS = ("training.ranking.orders",)
"""From a day's raw orders to the rows that the ranking counts."""
RANKING_FEATURES = ("training.ranking.windows",)
"""From raw orders to the windows of label days."""
RANKING = ("training.ranking.stage",)
"""The ranking stage of a release."""
