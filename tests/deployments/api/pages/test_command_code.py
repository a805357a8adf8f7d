import pytest

from deployments.api.pages.command_code import with_commands


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Give `--max-failures 3` or less.", "Give <code>--max-failures 3</code> or less."),
        ("Run `ollama pull a:1b`, then `it`.", "Run <code>ollama pull a:1b</code>, then `it`."),
        ("Set `BENCHWRIGHT_FORM_FILES`.", "Set <code>BENCHWRIGHT_FORM_FILES</code>."),
        ("`--x <b>&`", "<code>--x &lt;b&gt;&amp;</code>"),
        ("a`b and <i>`c`</i>", "a`b and &lt;i&gt;`c`&lt;/i&gt;"),
        ("one ` alone `-- is text", "one ` alone `-- is text"),
        ("", ""),
    ],
)  # fmt: skip
def test_commands_between_backticks_are_code_and_all_else_stays_letter_by_letter(text: str, shown: str) -> None:
    assert shown == str(with_commands(text))
