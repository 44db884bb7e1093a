"""The colours of labels: a pale fill behind the words and an ink for bars and names, on light and on dark paper.

Colour is never the only signal: each mention carries its label as words. `contrast` is the ratio of WCAG 2.2
(section 1.4.3); the tests hold every pair here to 4.5 for words and 3 for bars.
"""

from __future__ import annotations

from dataclasses import dataclass

PAPER = {"light": "#ffffff", "dark": "#18181b"}
TEXT = {"light": "#1f2328", "dark": "#f1f1f4"}


@dataclass(frozen=True)
class Hue:
    """The two colours of a label on light and on dark paper, each `#rrggbb`."""

    name: str
    light_fill: str
    light_ink: str
    dark_fill: str
    dark_ink: str


HUES = (
    Hue("rose", "#ffe1e6", "#9f1239", "#4c1524", "#fdb0bf"),
    Hue("amber", "#fdeccb", "#7c460b", "#422c08", "#fcd38a"),
    Hue("blue", "#dbe9fe", "#1e40af", "#172c5c", "#a9c7fd"),
    Hue("violet", "#ece6fd", "#5b21b6", "#35205f", "#cdbcfb"),
    Hue("teal", "#cff5ee", "#0f5752", "#0b3b38", "#7fe3d4"),
    Hue("green", "#dcf7e0", "#145c2f", "#123a20", "#8fe3a8"),
    Hue("pink", "#fbe1f3", "#9d174d", "#4a1435", "#f7a8d8"),
    Hue("slate", "#e5e9ef", "#334155", "#2a3442", "#cbd5e1"),
    Hue("orange", "#ffe6d5", "#8f2f0f", "#4a1f0b", "#fdba8c"),
    Hue("cyan", "#d3f2fb", "#155e75", "#0c3a47", "#86dff3"),
    Hue("lime", "#ebf7c6", "#3f6212", "#2a3a0c", "#c4e77a"),
    Hue("brown", "#efe3d8", "#6b3f1d", "#3d2817", "#e3bf9f"),
)


def palette_css() -> str:
    """The hues as custom properties `--fill-N` and `--ink-N`; the dark ones hold below an element of class `dark`."""
    light = "".join(f"--fill-{n}:{hue.light_fill};--ink-{n}:{hue.light_ink};" for n, hue in enumerate(HUES))
    dark = "".join(f"--fill-{n}:{hue.dark_fill};--ink-{n}:{hue.dark_ink};" for n, hue in enumerate(HUES))
    paper = {mode: f"--paper:{PAPER[mode]};--text:{TEXT[mode]};" for mode in PAPER}
    return f".odin {{ {paper['light']}{light} }}\n.dark & .odin {{ {paper['dark']}{dark} }}\n"


def contrast(first: str, second: str) -> float:
    """The WCAG contrast ratio of two `#rrggbb` colours, 1 to 21; black on white is 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
