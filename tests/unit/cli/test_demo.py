"""`demo` is asked rightly, or starts nothing."""

import pytest

from corda_sim.cli.main import USAGE, run


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--case", "sucess"], "cases are success, refused"),
        (["--geth", "geth", "--rpc", "http://127.0.0.1:1"], "not both"),
        (["--contracts", "nowhere"], "nowhere is no folder of contracts"),
    ],
)
def test_wrong_options_are_wrong_usage(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["demo", *options]) == USAGE
    assert said in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_help_names_the_other_demonstration(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--help"]) == 0
    assert "cash" in capsys.readouterr().out
