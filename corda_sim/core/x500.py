"""The text form of X.500 names, as Java's X500Principal reads and writes it.

Attributes are separated by `,`, `;` or `+`. A value may stand in double quotes; outside of them
`,+<>;"` need a backslash. A backslash precedes one of the special characters or two hex digits, a
byte of UTF-8. Source: javax.security.auth.x500.X500Principal, on which CordaX500Name is built.
"""

import re
from collections.abc import Iterable

from corda_sim.core.errors import InvalidNameError

Attribute = tuple[str, str]

_QUOTED = re.compile(r'[ \n]*"((?:[^"\\]|\\.)*)"[ \n]*\Z', re.DOTALL)
_SEPARATOR = re.compile(r'((?:[^,;+"\\]|\\.|"(?:[^"\\]|\\.)*")*)([,;+]|\Z)', re.DOTALL)
_ESCAPE = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.?)", re.DOTALL)
_ESCAPABLE = frozenset(',=\n+<>#;\\" ')
_NEEDS_ESCAPE = re.compile(r'(?<!\\)(?:\\\\)*[<>"]')
_NEEDS_QUOTES = re.compile(r'[,+=\n<>#;\\"]|^ | \Z|  ')


def parse_attributes(text: str) -> list[Attribute]:
    """The keywords, in upper case, with their values, in the order of `text`.

    Raises InvalidNameError for text that X500Principal can't read.
    """
    return [_attribute(part) for part in _split(text)] if text.strip(" ") else []


def format_attributes(attributes: Iterable[Attribute]) -> str:
    """`KEY=value, KEY=value`; values that need it are quoted (X500Principal.toString)."""
    return ", ".join(f"{key}={_quote(value)}" for key, value in attributes)


def _split(text: str) -> list[str]:
    parts, position = [], 0
    while True:
        match = _SEPARATOR.match(text, position)
        if match is None:
            raise InvalidNameError(f"'{text}' is not an X.500 name")
        parts.append(match[1])
        position = match.end()
        if not match[2]:
            return parts


def _attribute(part: str) -> Attribute:
    keyword, separator, value = part.partition("=")
    if not separator:
        raise InvalidNameError(f"'{part.strip()}' is not an attribute of an X.500 name")
    quoted = _QUOTED.match(value)
    return keyword.strip().upper(), _unescape(quoted[1]) if quoted else _plain(value)


def _plain(value: str) -> str:
    value = value.lstrip(" \n")
    if value.startswith("#") or _NEEDS_ESCAPE.search(value):
        raise InvalidNameError(f"'{value}' has a character that needs a backslash before it")
    stripped = value.rstrip(" ")
    # A space after an odd number of backslashes is escaped, and belongs to the value.
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    if backslashes % 2 and len(stripped) < len(value):
        stripped += " "
    return _unescape(stripped)


def _unescape(value: str) -> str:
    return _ESCAPE.sub(_unescaped, value)


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return _utf8(bytes.fromhex(match[1].replace("\\", "")))
    if match[2] not in _ESCAPABLE:
        raise InvalidNameError(f"Invalid escaped character in an X.500 name: '{match[2]}'")
    return match[2]


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidNameError("Escaped bytes of an X.500 name are not UTF-8") from error


def _quote(value: str) -> str:
    if not _NEEDS_QUOTES.search(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
