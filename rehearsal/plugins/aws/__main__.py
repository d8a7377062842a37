"""``python -m rehearsal.plugins.aws``: what the engine starts as ``pulumi-resource-aws``."""

from importlib.metadata import version

from rehearsal.home import Home
from rehearsal.plugins.aws.backend import AwsBackend
from rehearsal.plugins.server import serve

if __name__ == "__main__":
    folder = Home.find().aws
    serve(AwsBackend(folder), version("pulumi-aws"), folder)
