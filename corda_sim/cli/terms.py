"""Terms of a DvP, in files and on the screen."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from flows.dvp.terms import Side, Terms


def read_terms(file: Path) -> "Terms":
    """The terms in a file; wrong usage where it can't be read. Raises: TermsRefused."""
    from flows.dvp.terms import Terms

    try:
        return Terms.parse(file.read_bytes())
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="TERMS_FILE") from error


def summary(terms: "Terms") -> dict[str, Any]:
    """What somebody agrees to who signs these terms."""
    from goquorum.endpoint.addresses import show_address

    price, asset = terms.price, terms.asset
    return {
        "tx_id": terms.tx_id.hex(),
        "price": str(price.amount.with_token(price.amount.token.product)),
        "issuer": price.issuer.name,
        "stablecoin": price.validator_key is not None,
        "token": str(asset.token),
        "nft": show_address(asset.contract),
        "buyer": _side(terms.buyer),
        "seller": _side(terms.seller),
        "expires": terms.expiry.isoformat(),
        "chain": terms.bridge.chain_id,
        "base_id": str(terms.bridge.base_id),
    }


def _side(side: "Side") -> dict[str, str]:
    from goquorum.endpoint.addresses import show_address

    return {"account": side.account_id.decode(), "address": show_address(side.address)}
