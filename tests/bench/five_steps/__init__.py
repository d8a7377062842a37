"""The chain of five models, as it was; see ``repository``."""
