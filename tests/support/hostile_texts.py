"""What a model, or whoever names things, may write to become markup, a script or a link on somebody's page."""

MARK = "hostile"
"""Stands in every one of them, so that one can look for it where it must be text."""
SCRIPT = f"<script>alert('{MARK}')</script>"
TEXTS = (
    SCRIPT,
    f"<img src=x onerror=alert('{MARK}')>",
    f"<h1>{MARK}</h1><b>{MARK}</b><iframe src='https://evil.example/{MARK}'></iframe>",
    f"[{MARK}](https://evil.example/{MARK}) [{MARK}](javascript:alert(1)) [{MARK}][1]",
    f"![{MARK}](https://evil.example/{MARK}.png)",
    f"https://evil.example/{MARK} www.evil.example/{MARK} <https://evil.example/{MARK}>",
    f"{MARK}@evil.example mailto:{MARK}@evil.example",
    f"javascript:alert('{MARK}')",
    f"| {MARK} | a | table | \\| row \\\\|",
    f"`{MARK}` ``{MARK}`` ~~{MARK}~~ **{MARK}** __{MARK}__ *{MARK}*",
    f"{MARK}\n# {MARK} heading\n## {MARK}\n- {MARK} list\n- [ ] {MARK} box\n> {MARK} quote\n\n{MARK}\n===\n---\n",
    f"1. {MARK}\n2. {MARK}",
    f"```mermaid\ngraph TD; {MARK}-->B\n```\n{MARK}",
    f"&lt;b&gt;{MARK}&lt;/b&gt; &#106;avascript:{MARK} &copy;",
    f"\x1b[31m{MARK}\x1b[0m \u202e{MARK}\u202c \u2066{MARK} \x00{MARK}\x07 \u2028{MARK}",
    f"{MARK}[^1]\n\n[^1]: {MARK}\n\n[1]: https://evil.example/{MARK}\n\n    {MARK}",
)
ALL = " ".join(TEXTS)
"""All of them in one."""
NAME = f"{MARK} <b>x</b> [x](https://evil.example/{MARK})|`x` www.evil.example"
"""Short enough for a name that is shown in whole."""
