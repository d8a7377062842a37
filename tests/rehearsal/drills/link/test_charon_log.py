"""The sentences are charon's own, as strongSwan 5.9.8 wrote them in the drill on 2026-11-28."""

from __future__ import annotations

import pytest

from rehearsal.drills.link.charon_log import options

REFUSED = {
    "IKE encryption": (
        "received proposals: IKE:AES_CBC_128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048",
        "configured proposals: IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048",
    ),
    "IKE integrity": (
        "received proposals: IKE:AES_CBC_256/HMAC_SHA2_384_192/PRF_HMAC_SHA2_384/MODP_2048",
        "configured proposals: IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048",
    ),
    "IKE Diffie-Hellman group": (
        "received proposals: IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/ECP_256",
        "configured proposals: IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048",
    ),
    "ESP encryption": (
        "received proposals: ESP:AES_CBC_128/HMAC_SHA2_256_128/NO_EXT_SEQ",
        "configured proposals: ESP:AES_CBC_256/HMAC_SHA2_256_128/MODP_2048/NO_EXT_SEQ",
    ),
    "ESP integrity": (
        "received proposals: ESP:AES_CBC_256/HMAC_SHA2_512_256/NO_EXT_SEQ",
        "configured proposals: ESP:AES_CBC_256/HMAC_SHA2_256_128/MODP_2048/NO_EXT_SEQ",
    ),
    "ESP Diffie-Hellman group": (
        "received proposals: ESP:AES_CBC_256/HMAC_SHA2_256_128/MODP_3072/NO_EXT_SEQ",
        "configured proposals: ESP:AES_CBC_256/HMAC_SHA2_256_128/MODP_2048/NO_EXT_SEQ",
    ),
}


@pytest.mark.parametrize("option", REFUSED)
def test_the_option_of_refused_proposals_is_named(option: str) -> None:
    received, configured = REFUSED[option]
    log = f"09:36:33 16[CFG] {received}\n09:36:33 16[CFG] {configured}\n"
    assert options(log) == [option]


@pytest.mark.parametrize(
    ("sentence", "option"),
    [
        ("no matching peer config found", "AWS's identity"),
        (
            "tried 1 shared key for '198.51.100.104' - '198.51.100.12', but MAC mismatched",
            "pre-shared key",
        ),
        (
            "no IKE config found for 198.51.100.104...198.51.100.12, sending NO_PROPOSAL_CHOSEN",
            "IKE version",
        ),
    ],
)
def test_what_is_told_in_words_is_named(sentence: str, option: str) -> None:
    assert options(f"09:36:59 14[IKE] {sentence}\n") == [option]


def test_nothing_is_named_where_all_was_agreed_on() -> None:
    log = (
        "09:36:48 13[CFG] selected proposal: ESP:AES_CBC_256/HMAC_SHA2_256_128/NO_EXT_SEQ\n"
        "09:36:48 13[IKE] CHILD_SA customer{4} established with SPIs ca1ae212_i 065d8acd_o\n"
    )
    assert options(log) == []


def test_the_missing_group_of_a_tunnels_first_keys_is_no_difference() -> None:
    received, configured = REFUSED["ESP encryption"]
    same = received.replace("AES_CBC_128", "AES_CBC_256")
    assert options(f"16[CFG] {same}\n16[CFG] {configured}\n") == []
