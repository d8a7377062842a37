"""The OpenStack plugin: the real services of ``rehearsal.openstack_services`` behind Pulumi's protocol.

``rows/`` says what each resource type accepts and what a change of each field means, from the schema of the
Terraform provider 3.4 that pulumi-openstack 5 bridges; ``services/`` how it is asked for; ``backend`` joins
the two. Where the services' own validators would refuse an input by itself, the rows do so in a preview.
"""
