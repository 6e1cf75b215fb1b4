"""The app as its users meet it: in a browser. Run with: pytest -m browser"""

import http.client
import shutil
import time
from contextlib import closing
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api")
pytest.importorskip("nicegui")

from .screenshots import CHROMIUM, app_in, crlm  # noqa: E402  (nothing of it is wanted where there is no browser)

if CHROMIUM is None:
    pytest.skip("there is no Chromium here", allow_module_level=True)

PATIENCE = 180_000  # ms: the kernels may have to be compiled
SMALL = """
# A small liver, for a look.
duration: 40 d
tissue: {width: 0.5 mm, height: 0.5 mm}
rules: {arrival: {per_area: 250 /mm^2}}
record: {snapshots: 2 h, figures: off, movie: off}
"""
BATCH = """
name: Two arms
base: small.yaml
replicates: 1
arms: {control: {}, no_kupffer: {cells: {kupffer: {density: 0 /mm^2}}}}
measures: [{measure: tumor_cells, at: 2 h}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("working")
    (folder / "small.yaml").write_text(SMALL)
    (folder / "two.yaml").write_text(BATCH)
    crlm(folder, "run", "small.yaml", "-o", "runs/kept", "--quiet", "--set", "duration=6 h")
    crlm(folder, "batch", "two.yaml", "--set", "duration=3 h", "--keep", "all", "--quiet", "-o", "batches/two")
    return folder


@pytest.fixture(scope="module")
def server(folder):
    """The address of the app."""
    with app_in(folder, "small.yaml") as address:
        yield address


@pytest.fixture(scope="module")
def browser(server):
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser, server):
    """A page of a user who was never here; nothing may be loaded from elsewhere, and no script may fail."""
    page, wrong = new_page(browser, server)
    yield page
    leave(page)
    assert not wrong


def new_page(browser, server):
    page = browser.new_context(viewport={"width": 1500, "height": 1000}, base_url=server).new_page()
    page.set_default_timeout(30_000)
    wrong = []
    page.on("request", lambda request: request.url.startswith((server, "blob:", "data:")) or wrong.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return page, wrong


def leave(page):
    """Stop what runs, and go."""
    if page.locator("text=Stop").count():
        page.click("text=Stop")
        page.wait_for_timeout(300)
    page.context.close()


def opened(page, address="/"):
    page.goto(address)
    if address == "/":
        page.wait_for_selector('[data-testid="duration"]')
    return page


def status(page):
    return page.inner_text('[data-testid="status"]')


def until(page, words, patience=PATIENCE):
    page.wait_for_function(
        "words => document.querySelector('[data-testid=status]')?.innerText.includes(words)",
        arg=words,
        timeout=patience,
    )


def started(page):
    page.click('[data-testid="start"]')
    until(page, "running")
    page.wait_for_selector(".crlm-picture img[src^=blob]", state="visible")


def written(page, key, value):
    page.fill(f'[data-testid="{key}"]', value)
    page.press(f'[data-testid="{key}"]', "Enter")


def test_a_run_is_started_paused_stepped_and_goes_on(page):
    opened(page)
    started(page)
    page.click('[data-testid="play"]')
    until(page, "paused")
    before = status(page)
    page.click('[data-testid="go-a-step"]')
    page.wait_for_function(
        "before => document.querySelector('[data-testid=status]').innerText !== before", arg=before, timeout=20_000
    )
    until(page, "paused")
    page.click('[data-testid="play"]')
    until(page, "running")


def test_a_changed_number_shows_what_it_was_and_is_what_runs(page):
    opened(page)
    written(page, "duration", "2 h")
    page.wait_for_selector("text=instead of 40 d")
    page.click('[data-testid="start"]')
    until(page, "complete")
    assert "of 0.08333 days" in status(page)
    page.click("text=put back")
    page.wait_for_selector("text=instead of 40 d", state="hidden")
    assert page.input_value('[data-testid="duration"]') == "40 d"


def test_a_mistake_is_told_at_its_field_and_nothing_can_be_started_with_it(page):
    opened(page)
    written(page, "duration", "soon")
    field = page.locator('.q-field:has([data-testid="duration"])')
    field.locator("text=expected a duration").wait_for()
    assert page.is_disabled('[data-testid="start"]')
    written(page, "duration", "1 h")
    field.locator("text=expected a duration").wait_for(state="hidden")
    page.wait_for_selector('[data-testid="start"]:not([disabled])')


def test_a_parameter_is_found_by_a_word_and_explained(page):
    opened(page)
    page.fill('[data-testid="search"]', "phagocytosis rate")
    page.wait_for_selector('[data-testid="rules.phagocytosis.rate"]')
    page.click('[aria-label="About rules.phagocytosis.rate"]')
    page.wait_for_selector("text=Plausible:")


def test_a_click_tells_what_is_there(page):
    opened(page)
    started(page)
    box = page.locator(".crlm-picture").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator('[data-testid="site"] >> text=what it is').first.wait_for()
    assert "Row 25, column 25" in page.inner_text('[data-testid="site"]')
    page.wait_for_selector(".crlm-mark")


def test_everything_can_be_done_with_the_keyboard(page):
    opened(page)
    started(page)
    page.focus(".crlm-picture")
    with page.expect_response(lambda answer: "/crlm/pictures/" in answer.url and "x-region" in answer.headers):
        page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator('[data-testid="site"] >> text=what it is').first.wait_for()


def test_a_reload_in_the_middle_loses_nothing(page):
    opened(page)
    written(page, "duration", "30 d")
    page.wait_for_selector("text=instead of 40 d")
    started(page)
    page.click('[data-testid="play"]')
    until(page, "paused")
    before = status(page)
    page.reload()
    until(page, "paused")
    assert status(page) == before
    page.wait_for_selector("text=instead of 40 d")
    assert page.input_value('[data-testid="duration"]') == "30 d"
    page.wait_for_selector(".crlm-picture img[src^=blob]", state="visible")
    page.click('[data-testid="play"]')
    until(page, "running")


def test_two_users_have_two_livers_and_neither_sees_the_other_s(browser, server, page):
    opened(page)
    started(page)
    page.click('[data-testid="play"]')
    until(page, "paused")
    other, wrong = new_page(browser, server)
    opened(other)
    assert "Choose a config" in status(other)
    written(other, "duration", "2 h")
    other.click('[data-testid="start"]')
    until(other, "complete")
    assert "paused" in status(page)
    number = page.evaluate(
        "performance.getEntriesByType('resource').map(e => e.name).find(n => n.includes('/crlm/pictures/'))"
    )
    assert other.evaluate("async address => (await fetch(address)).status", number) == 404
    assert page.evaluate("async address => (await fetch(address)).status", number.split("?")[0]) == 200
    leave(other)
    assert not wrong


def test_a_saved_run_can_be_looked_at_beside_another(page, folder):
    opened(page)
    written(page, "duration", "4 h")
    page.click('[data-testid="start"]')
    until(page, "complete")
    page.dblclick('[data-testid="save"]')
    page.wait_for_selector("text=Saved in runs/small-seed1")
    assert (folder / "runs" / "small-seed1" / "summary.json").exists()
    assert not (folder / "runs" / "small-seed1-2").exists()
    opened(page, "/look?run=runs/small-seed1&beside=runs/kept")
    page.wait_for_function("document.querySelectorAll('.crlm-picture img[src^=blob]').length === 2")
    page.focus('.q-slider [tabindex="0"]')
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("text=4 h after injection")


def test_a_batch_is_shown_with_its_page(page):
    opened(page, "/look?batch=batches/two")
    page.frame_locator("iframe").locator("text=95 % interval").first.wait_for(timeout=90_000)


def test_a_saved_config_runs_on_the_command_line(page, folder):
    opened(page)
    written(page, "duration", "1 h")
    page.click("text=Save config")
    page.fill("input[aria-label=Name]", "mine.yaml")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_selector("text=Saved mine.yaml")
    crlm(folder, "check", "mine.yaml")
    assert "1 h" in (folder / "mine.yaml").read_text()


@pytest.mark.parametrize("address", ["/", "/look?run=runs/kept&beside=runs/kept", "/look?batch=batches/two"])
def test_axe_finds_nothing_serious(page, address):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    opened(page, address)
    if address == "/":
        started(page)
    else:
        page.wait_for_timeout(3000)
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")] == []


def asked(server, path, **headers):
    with closing(http.client.HTTPConnection(server.removeprefix("http://"), timeout=20)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return SimpleNamespace(status=answer.status, text=answer.read().decode(errors="replace"))


def test_nothing_outside_of_the_folder_is_read(server, folder):
    secret = folder.parent / "secret"
    shutil.copytree(folder / "runs" / "kept", secret, dirs_exist_ok=True)
    for name in ("../secret", str(secret), "runs/../../secret", "/etc"):
        for path in (f"/crlm/report?run={name}", f"/crlm/kept?run={name}&minutes=0"):
            answer = asked(server, path)
            assert answer.status == 404 and "not in the folder" in answer.text, path
    assert asked(server, "/crlm/static/../form.py").status == 404


@pytest.mark.parametrize(
    "asked_for",
    [
        "minutes=nan",
        "minutes=0&region=1,1,1,1",
        "minutes=0&region=a,b",
        "minutes=0&field=nosuch",
        "minutes=0&region=99999,0,9,9",
    ],
)
def test_what_cannot_be_shown_is_said_at_once(server, asked_for):
    began = time.monotonic()
    answer = asked(server, f"/crlm/kept?run=runs/kept&{asked_for}")
    assert answer.status == 404 and answer.text and "Traceback" not in answer.text
    assert time.monotonic() - began < 20


def test_other_sites_are_refused(server):
    assert asked(server, "/", Origin="http://evil.example").status == 403
    assert asked(server, "/", Host="evil.example").status == 403
    assert asked(server, "/", Host=server.replace("http://127.0.0.1", "localhost")).status == 200
