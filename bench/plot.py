"""Plots as SVG of our own: bars, and points with lines. Nothing else is needed here."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

Points = Sequence[tuple[float, float]]
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 800, 420, 230, 60, 50, 30
_COLOURS = ("#1668a8", "#c8551b", "#3d8b37", "#7a4ba0", "#8a6d1d")


def bars(path: Path, title: str, unit: str, values: Mapping[str, float]) -> None:
    """One horizontal bar a value, from zero."""
    most = max(values.values(), default=1.0) or 1.0
    height = max(_HEIGHT, 22 * len(values) + _TOP + 20)
    step = (height - _TOP - 20) / max(1, len(values))
    parts = []
    for index, (name, value) in enumerate(values.items()):
        top, wide = _TOP + index * step, value / most * (_WIDTH - _LEFT - 130)
        place = f'x="{_LEFT}" y="{top + step * 0.15:.1f}" width="{wide:.1f}" height="{step * 0.7:.1f}"'
        parts += [
            _text(_LEFT - 8, top + step / 2 + 4, name, "end"),
            f'<rect {place} fill="{_COLOURS[0]}"/>',
            _text(_LEFT + wide + 6, top + step / 2 + 4, f"{value:.4g} {unit}"),
        ]
    _write(path, title, parts, height)


def lines(path: Path, title: str, x_label: str, y_label: str, series: Mapping[str, Points]) -> None:
    """Points joined by lines, one colour a series; both axes begin at zero."""
    every = [point for points in series.values() for point in points] or [(1.0, 1.0)]
    most_x, most_y = (max(abs(point[axis]) for point in every) or 1.0 for axis in (0, 1))

    def place(point: tuple[float, float]) -> tuple[float, float]:
        wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
        return _LEFT + point[0] / most_x * wide, _HEIGHT - _BOTTOM - point[1] / most_y * high

    corner, right, top = place((0, 0)), place((most_x, 0)), place((0, most_y))
    parts = [
        f'<path d="M{top[0]},{top[1]} L{corner[0]},{corner[1]} L{right[0]},{right[1]}" fill="none" stroke="#444"/>'
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        across, up = place((share * most_x, 0)), place((0, share * most_y))
        parts += [_text(across[0], across[1] + 18, f"{share * most_x:.4g}", "middle")]
        parts += [_text(up[0] - 8, up[1] + 4, f"{share * most_y:.3g}", "end")]
    parts += [_text((corner[0] + right[0]) / 2, _HEIGHT - 16, x_label, "middle"), _text(12, _TOP - 8, y_label)]
    for index, (name, points) in enumerate(series.items()):
        colour, placed = _COLOURS[index % len(_COLOURS)], [place(point) for point in points]
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts += [f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>']
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in placed]
        parts += [_text(_LEFT + 16, _TOP + 14 + 18 * index, name, colour=colour)]
    _write(path, title, parts)


def _text(x: float, y: float, text: str, anchor: str = "start", colour: str = "#222") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _write(path: Path, title: str, parts: Sequence[str], height: int = _HEIGHT) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif"'
    inner = [f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>', _text(12, 22, title), *parts]
    path.write_text("\n".join([f'{head} font-size="13">', *inner, "</svg>"]) + "\n", encoding="utf-8")
