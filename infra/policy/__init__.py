"""The policy: rules as plain functions over resources, and two doors to them.

``isthmus review`` asks them of a preview, and the policy pack (``pulumi up --policy-pack infra/policy``) of
what the engine is about to make.
"""
