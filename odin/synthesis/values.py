"""Words and numbers that stand for `$name`, `$month`, `$he` and the like in templates."""

from __future__ import annotations

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

SURNAMES = (
    "Alvarez", "Becker", "Chen", "Dawson", "Ellis", "Foster", "Garza", "Hughes", "Ito", "Jensen", "Khan", "Lopez",
    "Murphy", "Nguyen", "Okafor", "Patel", "Quinn", "Reyes", "Schmidt", "Turner", "Underwood", "Vargas", "Walsh",
    "Young", "Zimmer", "Baker", "Cole", "Diaz", "Fuller", "Grant", "Hayes", "Kim", "Morgan", "Perry", "Rossi",
)  # fmt: skip

PRONOUNS = {
    "male": {
        "he": "he",
        "He": "He",
        "his": "his",
        "His": "His",
        "him": "him",
        "himself": "himself",
        "man": "male",
        "mf": "M",
    },
    "female": {
        "he": "she",
        "He": "She",
        "his": "her",
        "His": "Her",
        "him": "her",
        "himself": "herself",
        "man": "female",
        "mf": "F",
    },
}

NUMBERS = {
    "n28": (2, 8), "n27": (2, 7), "n48": (4, 8), "n610": (6, 10), "n620": (6, 20), "n14": (1, 4), "n310": (3, 10),
}  # fmt: skip

SHORT_TIMES: tuple[str, ...] = (
    "3d",
    "2 wks",
    "3/7",
    "2/52",
    "1 wk",
    "4 d",
    "2 days",
    "6 mo",
    "10d",
    "3 wk",
    "1/12",
    "24 h",
)
