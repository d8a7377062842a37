"""Serving under load: callers that ask all the time while something happens to the servers."""
