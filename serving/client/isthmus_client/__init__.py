"""The Python client of isthmus: ``Recommender`` asks a Triton server for recommendations.

``AsyncRecommender`` does so in an event loop.

with Recommender("grpc://triton.serving:8001") as recommender:
    answer = recommender.recommend(pseudonym, k=5)
"""

from isthmus_client.answer import Answer, Bought, Product, Reason
from isthmus_client.async_recommender import AsyncRecommender
from isthmus_client.errors import (
    ClientClosed,
    ClientError,
    NotTriton,
    QuestionRefused,
    ServerRefused,
    ServerUnavailable,
)
from isthmus_client.recommender import Recommender

__all__ = [
    "Answer",
    "AsyncRecommender",
    "Bought",
    "ClientClosed",
    "ClientError",
    "NotTriton",
    "Product",
    "QuestionRefused",
    "Reason",
    "Recommender",
    "ServerRefused",
    "ServerUnavailable",
]
