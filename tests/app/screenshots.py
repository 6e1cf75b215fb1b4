"""The pictures of the app in the documentation: `python -m tests.app.screenshots [FOLDER]`, by default docs/images.

Needs the extras app and browser, and Chromium.
"""

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
"""The browser that is used; None where there is none."""
SIZE = {"width": 1440, "height": 1000}
_BATCH = """
name: Who stops them?
base: {extends: quickstart, duration: 2 d, record: {snapshots: 2 h}}
replicates: 4
arms:
  control: {}
  no_kupffer: {interventions: [{deplete: kupffer, start: -2 d}]}
  no_nk: {interventions: [{deplete: natural_killer, start: -1 d}]}
measures: [{measure: surviving, at: 1 d}, {measure: tumor_cells, at: 2 d}]
"""


def a_free_port() -> int:
    """A port at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def app_in(folder: Path, *arguments: str) -> Iterator[str]:
    """The app of a folder, while inside; its address."""
    address = f"http://127.0.0.1:{(port := a_free_port())}"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST")
    }  # NiceGUI heeds them
    with (folder / "app.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "abm", "app", *arguments, "--no-browser", "--port", str(port)],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        for _ in range(480):
            try:
                urllib.request.urlopen(address).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError((folder / "app.log").read_text()) from None
                time.sleep(0.25)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def crlm(folder: Path, *arguments: str) -> None:
    """Run a command of crlm in a folder. Raises CalledProcessError."""
    subprocess.run([sys.executable, "-m", "abm", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def take(output: Path) -> None:
    """Take all pictures into `output`."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        (folder / "who_stops_them.yaml").write_text(_BATCH)
        crlm(folder, "run", "quickstart", "--quiet", "-o", "runs/quickstart")
        crlm(
            folder,
            "run",
            "quickstart",
            "--quiet",
            "-o",
            "runs/no_kupffer",
            "--set",
            "interventions=[{deplete: kupffer}]",
        )
        crlm(folder, "batch", "who_stops_them.yaml", "--quiet", "--keep", "all")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with app_in(folder, "mouse_splenic_injection") as address:
            page = browser.new_page(viewport=SIZE)
            page.set_default_timeout(180_000)
            page.goto(address)
            page.click('[data-testid="start"]')
            _wait(page, "Day 7")
            page.click('[data-testid="play"]')
            _wait(page, "paused")
            box = page.locator(".crlm-picture").bounding_box()
            page.mouse.click(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
            page.wait_for_timeout(4000)
            _shoot(page, output / "app_run.png")
            page.goto(f"{address}/look?run=runs/quickstart&beside=runs/no_kupffer")
            page.wait_for_function("document.querySelectorAll('.crlm-picture img[src^=blob]').length === 2")
            slider = page.locator(".q-slider").bounding_box()
            page.mouse.click(slider["x"] + 0.5 * slider["width"], slider["y"] + slider["height"] / 2)
            page.wait_for_timeout(4000)
            _shoot(page, output / "app_look.png")
            page.goto(f"{address}/look?batch=batches/who_stops_them")
            page.frame_locator("iframe").locator("text=95 % interval").first.wait_for()
            page.wait_for_timeout(2000)
            _shoot(page, output / "app_batch.png")
        browser.close()


def _shoot(page, path: Path) -> None:
    """A picture of the page, with as many colours as a small file holds."""
    from PIL import Image

    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    # coverage of all colours rather than of the frequent ones: the few tumor cells are what is to be seen
    picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


def _wait(page, words: str) -> None:
    page.wait_for_function(
        "words => document.querySelector('[data-testid=status]')?.innerText.includes(words)", arg=words
    )


if __name__ == "__main__":
    take(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
