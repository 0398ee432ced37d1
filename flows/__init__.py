"""The flows of the platform: the ledger's own, cash, accounts, validation, the bridge and DvP."""

from corda_sim.flow.cordapp import CordApp
from flows.accounts.create import CreateAccount
from flows.accounts.keys import (
    ProveKeyForAccount,
    RequestKeyForAccount,
    RequestKeyForAccountFlow,
    SendKeyForAccount,
    SendKeyForAccountFlow,
    VerifyKeyForAccount,
)
from flows.accounts.queries import (
    AccountInfoByKey,
    AccountInfoByName,
    AccountInfoByUUID,
    AccountsForHost,
    AllAccounts,
    OurAccounts,
)
from flows.accounts.service import create_account_service
from flows.accounts.share import (
    RequestAccountInfo,
    RequestAccountInfoHandler,
    ShareAccountInfo,
    ShareAccountInfoFlow,
    ShareAccountInfoHandlerFlow,
    ShareAccountInfoResponder,
)
from flows.accounts.states import (
    ReceiveStateAndSyncAccounts,
    ReceiveStateAndSyncAccountsFlow,
    ReceiveStateForAccount,
    ReceiveStateForAccountFlow,
    ShareStateAndSyncAccounts,
    ShareStateAndSyncAccountsFlow,
    ShareStateWithAccount,
    ShareStateWithAccountFlow,
)
from flows.bridge.asking import AskSignedFlow, AskSpendingsFlow, TellSignedFlow
from flows.bridge.audit import BridgeAuditFlow
from flows.bridge.issuer import AskIssuerFlow, IssuerSignsFlow
from flows.bridge.repair import BridgeRepairFlow, BridgeRepairResponder
from flows.cash.bridging import CashApplication
from flows.cash.exit import CashExitFlow
from flows.cash.issue import CashIssueFlow
from flows.cash.issue_and_payment import CashIssueAndPaymentFlow
from flows.cash.payment import CashPaymentFlow, CashPaymentResponder
from flows.cross.messages import CrossMessageFlow
from flows.cross.status import CrossListFlow, CrossStatusFlow
from flows.data_vending import SendStateAndRefFlow, SendTransactionFlow
from flows.dvp.check import DvpCheckFlow
from flows.dvp.propose import DvpProposeFlow
from flows.dvp.start import DvpStartFlow
from flows.finality import FinalityFlow, ReceiveFinalityFlow
from flows.ibc.admission import AdmitClientFlow, RevokeClientFlow
from flows.ibc.applications import register_application
from flows.ibc.building import BridgeTransactionFlow, BridgeTransactionResponder
from flows.ibc.hosting import (
    GenesisCreateFlow,
    GenesisCreateResponder,
    HostCreateFlow,
    HostCreateResponder,
)
from flows.ibc.minting import MintTicketsFlow
from flows.ibc.service import create_bridge_service
from flows.ibc.submit import IbcSubmitFlow
from flows.identity_swap import (
    SwapIdentitiesFlow,
    SwapIdentitiesInitiator,
    SwapIdentitiesResponder,
)
from flows.notarise import NotaryFlow
from flows.recorded import create_recorded_transactions
from flows.recovery import GiveBackTransactionsFlow, RecoverTransactionsFlow
from flows.resolution import (
    ReceiveStateAndRefFlow,
    ReceiveTransactionFlow,
    ResolveTransactionsFlow,
)
from flows.signatures import CollectSignaturesFlow
from flows.validation import RequestValidationFlow, ValidatorFlow
from flows.validator_service import create_validator_policy

register_application("cash", CashApplication())

cordapp = CordApp(
    name="corda-sim-flows",
    flows=(
        AccountInfoByKey,
        AccountInfoByName,
        AccountInfoByUUID,
        AccountsForHost,
        AdmitClientFlow,
        AllAccounts,
        AskIssuerFlow,
        AskSignedFlow,
        AskSpendingsFlow,
        BridgeAuditFlow,
        BridgeRepairFlow,
        BridgeRepairResponder,
        BridgeTransactionFlow,
        BridgeTransactionResponder,
        CashExitFlow,
        CashIssueAndPaymentFlow,
        CashIssueFlow,
        CashPaymentFlow,
        CashPaymentResponder,
        CollectSignaturesFlow,
        CreateAccount,
        CrossListFlow,
        CrossMessageFlow,
        CrossStatusFlow,
        DvpCheckFlow,
        DvpProposeFlow,
        DvpStartFlow,
        FinalityFlow,
        GenesisCreateFlow,
        GenesisCreateResponder,
        GiveBackTransactionsFlow,
        HostCreateFlow,
        HostCreateResponder,
        IbcSubmitFlow,
        IssuerSignsFlow,
        MintTicketsFlow,
        NotaryFlow,
        OurAccounts,
        ProveKeyForAccount,
        ReceiveFinalityFlow,
        ReceiveStateAndRefFlow,
        ReceiveStateAndSyncAccounts,
        ReceiveStateAndSyncAccountsFlow,
        ReceiveStateForAccount,
        ReceiveStateForAccountFlow,
        ReceiveTransactionFlow,
        RecoverTransactionsFlow,
        RequestAccountInfo,
        RequestAccountInfoHandler,
        RequestKeyForAccount,
        RequestKeyForAccountFlow,
        RequestValidationFlow,
        ResolveTransactionsFlow,
        RevokeClientFlow,
        SendKeyForAccount,
        SendKeyForAccountFlow,
        SendStateAndRefFlow,
        SendTransactionFlow,
        ShareAccountInfo,
        ShareAccountInfoFlow,
        ShareAccountInfoHandlerFlow,
        ShareAccountInfoResponder,
        ShareStateAndSyncAccounts,
        ShareStateAndSyncAccountsFlow,
        ShareStateWithAccount,
        ShareStateWithAccountFlow,
        SwapIdentitiesFlow,
        SwapIdentitiesInitiator,
        SwapIdentitiesResponder,
        TellSignedFlow,
        ValidatorFlow,
        VerifyKeyForAccount,
    ),
    contract_packages=("states.cash", "states.accounts", "states.ibc"),
    migrations=("accounts", "bridge", "cash", "validator"),
    services=(
        create_account_service,
        create_bridge_service,
        create_recorded_transactions,
        create_validator_policy,
    ),
)
"""What the entry point names."""
