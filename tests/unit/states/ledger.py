"""Transactions as contracts see them, written as short as a truth table's rows."""

from typing import Any, cast

from corda_sim.core.contracts import (
    Amount,
    CommandData,
    CommandWithParties,
    ContractState,
    Currency,
    Issued,
    StateAndRef,
    StateRef,
    TransactionState,
)
from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.identity import CordaX500Name, Party, PartyAndReference
from corda_sim.core.transactions import LedgerTransaction


def key(entropy: int) -> PublicKey:
    return derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, entropy).public


def party(name: str, entropy: int) -> Party:
    return Party(CordaX500Name(name, "London", "GB"), key(entropy))


ALICE, BOB, BANK, VALIDATOR, NOTARY, OTHER_BANK = (
    party(name, entropy)
    for entropy, name in enumerate(
        ("Alice Corp", "Bob Plc", "Big Bank", "Validator", "Notary Service", "Other Bank"), 10
    )
)
JPY, GBP = Currency.of("JPY"), Currency.of("GBP")


def token(issuer: Party = BANK, currency: Currency = JPY, ref: bytes = b"\1") -> Issued[Currency]:
    return Issued(PartyAndReference(issuer, ref), currency)


def amount(quantity: int, of: Issued[Currency] | None = None) -> Amount[Issued[Currency]]:
    return Amount(quantity, of or token())


def transaction(
    inputs: tuple[ContractState, ...],
    outputs: tuple[ContractState, ...],
    *commands: tuple[CommandData, tuple[PublicKey, ...]],
) -> LedgerTransaction:
    def held(state: ContractState) -> TransactionState[Any]:
        return TransactionState(state, cast("str", state.belongs_to_contract), NOTARY)

    return LedgerTransaction(
        id=SecureHash.sha256(b"transaction"),
        inputs=tuple(
            StateAndRef(held(state), StateRef(SecureHash.sha256(b"origin"), i))
            for i, state in enumerate(inputs)
        ),
        outputs=tuple(held(state) for state in outputs),
        commands=tuple(CommandWithParties(signers, value) for value, signers in commands),
        notary=NOTARY,
    )
