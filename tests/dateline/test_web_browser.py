"""The pages in Debian's Chromium: read, search, filter, compare, by keyboard, on a phone; and what axe says of them."""

import os
import re
from collections.abc import Iterator
from shutil import which

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import expect as see

from dateline.web.server import Server
from dateline.web.settings import WebSettings
from tests.dateline import newsroom

CHROMIUM = os.environ.get("CHROMIUM") or which("chromium") or which("chromium-browser") or which("google-chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
)
SERIOUS = ("serious", "critical")

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt-get install chromium, or name one in CHROMIUM")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("browser") / "dateline.db"
    newsroom.fill(path, 40)
    with Server(str(path), WebSettings(listen="127.0.0.1:0"), daemon=False) as server:
        yield server.address


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:  # after the archive: a loop of Playwright's own runs from here on
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    yield from watched(browser, address, width=1280)


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    yield from watched(browser, address, width=360)


def watched(browser: Browser, address: str, *, width: int) -> Iterator[Page]:
    """A page that may say nothing on its console and ask nobody else."""
    context = browser.new_context(base_url=address, viewport={"width": width, "height": 740})
    opened = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    context.close()
    assert said == []
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


def test_reading_from_the_front_page(page: Page) -> None:
    page.goto("/")
    see(page.get_by_role("heading", level=1)).to_contain_text("20")
    link = page.locator(".shelf .title a").first
    title = link.inner_text()
    link.click()
    see(page.get_by_role("heading", level=1)).to_have_text(title)
    see(page.locator(".text p").first).to_be_visible()
    see(page.get_by_role("heading", name="Seen in")).to_be_visible()


def test_searching_filtering_and_comparing(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("bridge")
    page.keyboard.press("Enter")
    see(page).to_have_url(re.compile(r"/search\?q=bridge"))
    see(page.locator("mark").first).to_have_text("bridge")
    page.get_by_text("Filters").click()
    page.get_by_label("Category").select_option("World")
    page.get_by_label("Site").fill(newsroom.SITES[0])
    page.get_by_role("button", name="Search").click()
    see(page).to_have_url(re.compile("category=World"))
    page.get_by_role("link", name="The bridge opens on Friday").click()
    page.get_by_role("link", name=re.compile("what changed")).click()
    see(page.locator(".headline del")).to_have_text("Tuesday")
    see(page.locator(".headline ins")).to_have_text("Friday")


def test_the_keyboard_reaches_everything(page: Page) -> None:
    page.goto("/feeds")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the text")
    see(skip).to_be_focused()
    see(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    see(page.locator("main a").first).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("/")
    page.keyboard.type("a/b")
    see(page.get_by_role("searchbox")).to_have_value("a/b")


def test_a_strangers_markup_does_nothing(page: Page) -> None:
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto("/search?q=javascript")
    page.locator(".title a").first.click()
    see(page.get_by_role("heading", level=1)).to_contain_text("<script>")
    assert page.locator("main img, main script").count() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name="page").first.click()
    assert download.value.suggested_filename.endswith(".txt")


def test_nothing_is_wider_than_a_phone(phone: Page) -> None:
    for address in _pages(phone):
        phone.goto(address)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360, address
        see(phone.locator("main")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    rules = {"runOnly": ["color-contrast"]} if scheme == "dark" else None  # nothing else can differ
    for address in _pages(page):
        page.goto(address)
        found = Axe().run(page, options=rules).response["violations"]
        grave = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS]
        assert grave == [], address


def test_reading_needs_no_script(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator(".title a").first.click()
    see(page.locator(".text p").first).to_be_visible()
    page.get_by_role("searchbox").fill("bridge")
    page.get_by_role("searchbox").press("Enter")
    see(page.locator("mark").first).to_have_text("bridge")
    context.close()


def _pages(page: Page) -> list[str]:
    """One address of each kind."""
    page.goto("/search?q=friday+bridge")
    edited = page.locator(".title a").first.get_attribute("href")
    assert edited
    page.goto("/search?q=meridian")
    copied = page.locator(".title a").first.get_attribute("href")
    assert copied
    fixed = [
        "/",
        "/search?q=the&category=World",
        "/feeds",
        "/feeds/1",
        "/sites",
        f"/sites/{newsroom.SITES[0]}",
        "/status",
    ]
    return [*fixed, edited, f"{edited}/diff", copied, "/login"]
