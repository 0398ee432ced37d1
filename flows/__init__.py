"""The flows of the platform: finality, signatures, resolution, cash, accounts and validation."""

from corda_sim.flow.cordapp import CordApp
from flows.accounts.create import CreateAccount
from flows.accounts.keys import (
    RequestKeyForAccount,
    RequestKeyForAccountFlow,
    SendKeyForAccount,
    SendKeyForAccountFlow,
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
from flows.cash.exit import CashExitFlow
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow, CashPaymentResponder
from flows.data_vending import SendStateAndRefFlow, SendTransactionFlow
from flows.finality import FinalityFlow, ReceiveFinalityFlow
from flows.identity_swap import (
    SwapIdentitiesFlow,
    SwapIdentitiesInitiator,
    SwapIdentitiesResponder,
)
from flows.notarise import NotaryFlow
from flows.resolution import (
    ReceiveStateAndRefFlow,
    ReceiveTransactionFlow,
    ResolveTransactionsFlow,
)
from flows.signatures import CollectSignaturesFlow
from flows.validation import RequestValidationFlow, ValidatorFlow
from flows.validator_service import create_validator_policy

cordapp = CordApp(
    name="corda-sim-flows",
    flows=(
        CashExitFlow,
        CashIssueFlow,
        CashPaymentFlow,
        CashPaymentResponder,
        CollectSignaturesFlow,
        CreateAccount,
        FinalityFlow,
        NotaryFlow,
        ReceiveFinalityFlow,
        ReceiveStateAndRefFlow,
        ReceiveTransactionFlow,
        RequestAccountInfo,
        RequestAccountInfoHandler,
        RequestKeyForAccount,
        RequestKeyForAccountFlow,
        RequestValidationFlow,
        ResolveTransactionsFlow,
        SendKeyForAccount,
        SendKeyForAccountFlow,
        SendStateAndRefFlow,
        SendTransactionFlow,
        ShareAccountInfo,
        ShareAccountInfoFlow,
        ShareAccountInfoHandlerFlow,
        ShareAccountInfoResponder,
        SwapIdentitiesFlow,
        SwapIdentitiesInitiator,
        SwapIdentitiesResponder,
        ValidatorFlow,
    ),
    contract_packages=("states.cash", "states.accounts"),
    migrations=("accounts", "cash", "validator"),
    services=(create_account_service, create_validator_policy),
)
"""What the entry point names."""
