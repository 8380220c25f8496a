"""Real crops of the demo clips by their truth, as JPEG files of made-up terminals and days."""

from pathlib import Path

from bench.teaching_crops import Shown, shown_in
from fusion.teaching.examples import keep_crop

CLIPS = Path(__file__).parents[2] / "configs" / "demo" / "clips"
STALLS, CHATS, CARS = "stall_cart", "chat", "dusk_parking"


def crops_of(clip: str, word: str) -> list[Shown]:
    return [one for one in shown_in(CLIPS / f"{clip}.json") if one.word == word]


def keep(folder: Path, word: str, shown: list[Shown], count: int, terminals: int = 4) -> None:
    """So many of them, dealt out to terminals; each shifted a little, so that no two files are the same."""
    for number in range(count):
        crop = shown[number % len(shown)].crop
        shift = number // len(shown)
        terminal = f"T-{number % terminals:04d}"
        keep_crop(folder / word / f"{terminal}_2026-11-{1 + number % 9:02d}_{number}.jpg", crop[shift:, shift:])
