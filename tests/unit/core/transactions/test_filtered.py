from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from corda_sim.core.contracts import Command, StateRef, TimeWindow, TransactionState
from corda_sim.core.crypto.hashes import ALL_ONES_HASH, ZERO_HASH, SecureHash
from corda_sim.core.crypto.merkle import LEAF, PartialMerkleTree
from corda_sim.core.errors import (
    ComponentVisibilityException,
    FilteredTransactionVerificationException,
    IllegalArgumentError,
)
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import (
    ComponentGroup,
    ComponentGroupEnum,
    FilteredTransaction,
    NetworkParametersHash,
    ReferenceStateRef,
    WireTransaction,
)
from tests.unit.core.transactions.dummy import Ledger

WINDOW = TimeWindow.from_only(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def tx(ledger: Ledger) -> WireTransaction:
    first, second = ledger.issue(), ledger.issue()
    builder = ledger.moving(first).set_time_window(WINDOW)
    builder.add_reference_state(second.out_ref(0))
    builder.add_output_state(ledger.state(1)).add_output_state(ledger.state(2))
    builder.add_command(ledger.contracts.Act("x"), ledger.notary_pair.public)
    tx = builder.to_wire_transaction(ledger.services, b"\x02" * 32)
    return WireTransaction((*tx.component_groups, ComponentGroup(12, (b"x", b"y"))), b"\x02" * 32)


def changed(ftx: FilteredTransaction, **changes: object) -> FilteredTransaction:
    fields: dict[str, Any] = {
        "id": ftx.id,
        "filtered_component_groups": ftx.filtered_component_groups,
        "group_hashes": ftx.group_hashes,
    }
    return FilteredTransaction(**{**fields, **changes})


def _hidden(root: SecureHash) -> PartialMerkleTree:
    return PartialMerkleTree(bytes((LEAF,)), root)


def test_everything_visible(tx: WireTransaction) -> None:
    ftx = tx.build_filtered_transaction(lambda _: True)
    ftx.verify()
    back = deserialize(serialize(ftx), FilteredTransaction)
    back.verify()
    for group in ComponentGroupEnum:
        back.check_all_components_visible(group)
    assert back.inputs == tx.inputs
    assert back.outputs == tx.outputs
    assert back.commands == tx.commands
    assert back.references == tx.references
    assert (back.notary, back.time_window) == (tx.notary, WINDOW)
    assert back.network_parameters_hash == tx.network_parameters_hash
    assert len(back.filtered_component_groups) == 10
    assert str(tx.id) in repr(back)


def test_nothing_visible(tx: WireTransaction) -> None:
    ftx = tx.build_filtered_transaction(lambda _: False)
    ftx.verify()
    assert ftx.filtered_component_groups == ()
    assert not ftx.check_with_fun(lambda _: True)
    with pytest.raises(
        ComponentVisibilityException, match="Did not receive components for group 0"
    ):
        ftx.check_all_components_visible(ComponentGroupEnum.INPUTS)


def test_the_predicate_sees_every_kind(tx: WireTransaction) -> None:
    seen: list[type] = []

    def see(value: object) -> bool:
        seen.append(type(value))
        return False

    tx.build_filtered_transaction(see)
    assert set(seen) == {
        StateRef,
        TransactionState,
        Command,
        SecureHash,
        Party,
        TimeWindow,
        ReferenceStateRef,
        NetworkParametersHash,
        bytes,
    }


def test_the_tear_off_of_a_notary(tx: WireTransaction) -> None:
    wanted = (StateRef, ReferenceStateRef, Party, TimeWindow, NetworkParametersHash)
    ftx = tx.build_filtered_transaction(lambda value: isinstance(value, wanted))
    ftx.verify()
    assert ftx.check_with_fun(lambda value: not isinstance(value, TransactionState | Command))
    for group in (0, 4, 5, 7, 8):
        ftx.check_all_components_visible(ComponentGroupEnum(group))
    assert (ftx.outputs, ftx.commands) == ((), ())
    assert serialize(tx.outputs[0]) not in serialize(ftx)
    assert tx.privacy_salt not in serialize(ftx)


def test_a_group_in_part(tx: WireTransaction) -> None:
    ftx = tx.build_filtered_transaction(
        lambda value: isinstance(value, TransactionState) and value.data.magic == 2
    )
    ftx.verify()
    assert [state.data.magic for state in ftx.outputs] == [2]
    with pytest.raises(ComponentVisibilityException, match="Some components for group 1 are not"):
        ftx.check_all_components_visible(ComponentGroupEnum.OUTPUTS)


def test_signers_see_their_commands(ledger: Ledger, tx: WireTransaction) -> None:
    second = tx.build_filtered_transaction(
        lambda value: isinstance(value, Command) and value.value.refuse == "x"
    )
    second.verify()
    assert second.commands == tx.commands[1:]
    second.check_command_visibility(ledger.notary_pair.public)
    with pytest.raises(
        ComponentVisibilityException, match="1 commands were expected, but received 0"
    ):
        second.check_command_visibility(ledger.alice_pair.public)
    none = tx.build_filtered_transaction(lambda value: isinstance(value, StateRef))
    with pytest.raises(ComponentVisibilityException, match="group 6"):
        none.check_command_visibility(ledger.alice_pair.public)


def test_absence_is_proven(ledger: Ledger) -> None:
    ftx = ledger.issue().tx.build_filtered_transaction(lambda value: isinstance(value, Party))
    ftx.verify()
    assert ftx.group_hashes[0] == ALL_ONES_HASH
    ftx.check_all_components_visible(ComponentGroupEnum.INPUTS)
    ftx.check_all_components_visible(ComponentGroupEnum.REFERENCES)


def test_what_does_not_verify(tx: WireTransaction) -> None:
    ftx = tx.build_filtered_transaction(lambda value: isinstance(value, TransactionState))
    group = ftx.filtered_component_groups[0]
    replace = msgspec.structs.replace
    forged = (serialize("forged"), *group.components[1:])
    swapped = replace(
        group,
        components=(group.components[1], group.components[0], group.components[2]),
        nonces=(group.nonces[1], group.nonces[0], group.nonces[2]),
    )
    cases: list[tuple[dict[str, object], str]] = [
        ({"group_hashes": ()}, "At least one component group hash is required"),
        ({"id": ZERO_HASH}, "Top level Merkle tree cannot be verified"),
        (
            {"filtered_component_groups": (replace(group, group_index=99),)},
            "There is no matching component group hash for group 99",
        ),
        (
            {
                "filtered_component_groups": (
                    replace(group, partial_merkle_tree=_hidden(ZERO_HASH)),
                )
            },
            "for component group 1 do not match",
        ),
        (
            {
                "filtered_component_groups": (
                    replace(group, partial_merkle_tree=_hidden(ftx.group_hashes[1])),
                )
            },
            "Visible components in group 1 cannot be verified",
        ),
        (
            {"filtered_component_groups": (replace(group, components=forged),)},
            "Visible components in group 1 cannot be verified",
        ),
        ({"filtered_component_groups": (swapped,)}, "Visible components in group 1"),
    ]
    for changes, message in cases:
        with pytest.raises(FilteredTransactionVerificationException, match=message):
            changed(ftx, **changes).verify()


def test_malformed_tear_offs(tx: WireTransaction) -> None:
    ftx = tx.build_filtered_transaction(lambda value: isinstance(value, StateRef))
    group = ftx.filtered_component_groups[0]
    with pytest.raises(IllegalArgumentError):
        changed(ftx, filtered_component_groups=(group, group))
    with pytest.raises(IllegalArgumentError):
        msgspec.structs.replace(group, nonces=())
    with pytest.raises(IllegalArgumentError):
        msgspec.structs.replace(group, components=(), nonces=())
    with pytest.raises(IllegalArgumentError):
        msgspec.structs.replace(group, group_index=-1)
