"""The notary service: decides which transaction was first, and signs it.

Way of a request: `flows` checks it (`validation`), `service` queues it, `worker` commits a batch
through `store`, whose outcome `decide` computes, makes the head durable (`heads`, `anchor`) and
signs (`batch_signing`). Requesters need `types` and `errors`; nodes that remember heads, `witness`.
"""


def __getattr__(name: str) -> object:
    # Loaded on demand: decision and wire types are used where there is no database to be loaded.
    if name == "cordapp":
        from notary.descriptor import NOTARY_CORDAPP  # noqa: PLC0415

        return NOTARY_CORDAPP
    raise AttributeError(f"module 'notary' has no attribute {name!r}")
