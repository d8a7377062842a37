"""The AWS stand-in's plugin: Pulumi's resource types as rows, boto3 to a moto server, botocore's model as judge."""
