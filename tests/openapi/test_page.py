"""The page at `/docs` loads nothing from outside, and sends requests."""

import base64
import hashlib
import re
from urllib.parse import urlsplit

import pytest

from infra.local.server import serving
from tests.openapi.browsing import BROWSER, Tab, browsing
from tests.support.system import System, User


def test_the_policy_lets_its_own_script_and_style_run_and_nothing_else(system: System) -> None:
    answer = system.call("GET", "/docs")

    text = answer.body.decode()
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(one.split(" ", 1) for one in answer.headers["content-security-policy"].split("; "))
    for name, tag in (("script-src", "script"), ("style-src", "style")):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert policy[name] == f"'sha256-{digest}'"
    assert (policy["default-src"], policy["connect-src"]) == ("'none'", "'self'")


def test_it_names_no_other_place(system: System) -> None:
    text = system.call("GET", "/docs").body.decode()

    assert not re.search(r"https?://|//[a-z0-9-]+\.[a-z]|@import|\burl\(|\bimport\b", text)
    assert set(re.findall(r'(?:src|href)="([^"]*)"', text)) == {"data:,"}
    assert "innerHTML" not in text


def operation(verb: str, path: str) -> str:
    """Script that finds an operation on the page."""
    return (
        "[...document.querySelectorAll('section > details')].find((box) => "
        f"box.querySelector('b').textContent === '{verb}' && box.querySelector('code').textContent === '{path}')"
    )


def typed(selector: str, text: str) -> str:
    return f"document.querySelector('{selector}').value = '{text}'"


def sent(tab: Tab, verb: str, path: str, **fields: str) -> str:
    """What the page shows after an operation was opened, filled in and sent."""
    box = operation(verb, path)
    tab.run(f"{box}.open = true")
    tab.wait(f"{box}.querySelector('button') !== null")
    for name, value in fields.items():
        tab.run(f"{box}.querySelector('[aria-label={name}]').value = '{value}'")
    tab.run(f"{box}.querySelector('button').click()")
    output = f"[...{box}.children].find((one) => one.tagName === 'PRE').textContent"
    return str(tab.wait(f"/^[0-9]{{3}} |Error/.test({output}) && {output}"))


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium: apt-get install chromium")
def test_a_browser_shows_every_operation_and_sends_requests(system: System) -> None:
    user: User = system.user()
    put = system.put(user, ("one.png", b"one")).json["hash"]
    with serving(system.app) as url, browsing() as tab:
        tab.ask("Page.navigate", url=f"{url}/docs")
        count = tab.wait("document.querySelectorAll('section > details').length")
        described = system.call("GET", "/openapi.json").json["paths"]
        assert count == sum(len(item) for item in described.values())

        tab.run(typed("#credential", f"{user.zelid}:{user.key}"))
        status = sent(tab, "POST", "/api/v0/status")
        content = sent(tab, "GET", "/api/v0/cat", arg=put)
        wrapped = sent(tab, "POST", "/api/v1/dek/wrap", body='{"dek": "one"}')
        refused = sent(tab, "GET", "/api/v1/meta/{file_id}", file_id="none/../x")

    assert status.startswith("200 ")
    assert f'"zelid": "{user.zelid}"' in status
    assert content.endswith("\n\none")
    assert '"dekEnc"' in wrapped
    assert refused.startswith("404 ")
    assert '"not_found"' in refused
    assert {urlsplit(one).netloc for one in tab.requested()} - {""} == {urlsplit(url).netloc}
    assert [one for one in tab.complaints() if "status of 404" not in one] == []
