"""What the services' refusals say."""

from __future__ import annotations

import pytest

from rehearsal.openstack_services.session import sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"NeutronError": {"type": "InUse", "message": "In use.", "detail": ""}}', "In use."),
        ('{"errors": [{"status": 400, "title": "Bad", "detail": "Referenced."}]}', "Referenced."),
        ('{"badRequest": {"code": 400, "message": "No such key."}}', "No such key."),
        ('{"code": 404, "description": "Secret not found.", "title": "Not Found"}', "Secret not found."),
        ("<html><h1>Conflict</h1><p>There was a conflict.</p></html>", "Conflict There was a conflict."),
        ("", ""),
    ],
)
def test_each_service_says_it_in_its_own_form(text: str, said: str) -> None:
    assert sentence(text) == said
