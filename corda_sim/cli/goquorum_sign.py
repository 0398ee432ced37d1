"""`goquorum sign | withdraw`: the seller of a DvP signs on GoQuorum, with his own key."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corda_sim.cli.connect import connect
from corda_sim.cli.cross import TxId
from corda_sim.cli.goquorum_options import Bridge, Key, PasswordFile, Rpc, at_bridge, sending
from corda_sim.cli.options import Json
from corda_sim.cli.output import console, emit, outline
from corda_sim.cli.terms import read_terms, summary

if TYPE_CHECKING:
    from flows.dvp.terms import Terms
    from goquorum.bridge_file import BridgeFile
    from goquorum.endpoint.account import Receipt, Sender


def sign(  # noqa: PLR0913, PLR0917 - each is an option
    context: typer.Context,
    tx: TxId,
    terms_file: Annotated[Path, typer.Option("--terms", metavar="TERMS_FILE")],
    bridge: Bridge,
    rpc: Rpc,
    key: Key,
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Agree to terms: rebuild their transaction, show it, refuse another, and send IBCSignTx.

    With `-n NODE_DIR`, the seller's node judges the terms first.
    """
    from goquorum.bridge_file import BridgeFile

    terms = read_terms(terms_file)
    terms.require_tx_id(tx)
    contracts = BridgeFile.read(bridge)
    if not as_json:
        console.print("\n".join(outline(summary(terms))))
    if context.obj is not None:
        with connect(context.obj) as client:
            client.start_flow("DvpCheckFlow", {"terms": terms.text}).get()
    with sending(rpc, key, password_file) as sender:
        receipt = _send(sender, contracts, terms)
    document = {"transaction": receipt.transaction_hash, "block": receipt.block_number}
    emit({**summary(terms), **document} if as_json else document, as_json=as_json)


def withdraw(
    tx: TxId,
    bridge: Bridge,
    rpc: Rpc,
    key: Key,
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Take back what the key's account agreed to: no call of that transaction moves its token."""
    with at_bridge(bridge, rpc, key, password_file) as (sender, contracts):
        receipt = contracts.auth.transact(sender, "withdraw", tx)
    document = {"transaction": receipt.transaction_hash, "block": receipt.block_number}
    emit(document, as_json=as_json)


def _send(sender: "Sender", bridge: "BridgeFile", terms: "Terms") -> "Receipt":
    from flows.dvp.terms import TermsRefused
    from goquorum.endpoint.addresses import show_address

    if sender.address != terms.seller.address:
        seller = show_address(terms.seller.address)
        raise TermsRefused(f"the key is {show_address(sender.address)}'s, the seller is {seller}")
    contracts = bridge.connect(sender.rpc)
    message = terms.signing_message(contracts.transfers.address)
    return contracts.auth.transact(sender, "ibcSignTx", message)
