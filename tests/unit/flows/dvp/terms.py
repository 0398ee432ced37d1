"""Terms that tests change a part of."""

from uuid import UUID

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from flows.dvp.terms import Asset, Bridge, Price, Side, Terms
from flows.dvp.terms_types import NamedParty
from tests.unit.states.ledger import ALICE, BANK, BOB, VALIDATOR, key

NFT, BUYER, SELLER = b"\x11" * 20, b"\x22" * 20, b"\x33" * 20
TERMS = Terms(
    nonce=2**64 - 1,
    expires=1_800_000_000,
    bridge=Bridge(
        base_id=StateRef(SecureHash.sha256(b"genesis"), 0),
        chain_id="corda",
        calls="channel-0",
        auth="channel-1",
        auth_counterparty="channel-7",
    ),
    price=Price(
        quantity=100,
        currency="JPY",
        issuer=NamedParty.of(BANK),
        issuer_ref=b"\1",
        validator_key=VALIDATOR.owning_key,
    ),
    buyer=Side(
        name="alice",
        account=UUID(int=1),
        host=NamedParty.of(ALICE),
        key=key(70),
        address=BUYER,
    ),
    seller=Side(
        name="bob",
        account=UUID(int=2),
        host=NamedParty.of(BOB),
        key=key(71),
        address=SELLER,
    ),
    asset=Asset(contract=NFT, token=2**256 - 1),
)


def changed(terms: Terms, part: str, **fields: object) -> Terms:
    """Terms whose part has other fields."""
    inner = getattr(terms, part).model_copy(update=fields)
    return terms.model_copy(update={part: inner})
