"""The AWS stand-in's plugin: resource types as rows, boto3 to a moto server, botocore's model to validate."""
