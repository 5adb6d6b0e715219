"""The table of docs/HEARING.md from the figures of one or more systems."""

import argparse
import json

from .truth import ROOT, folder

NOTHING = "–"
# Between these lines of docs/HEARING.md the table is ours to replace.
BEGIN, END = "<!-- figures: tools/hearing table --write -->", "<!-- end of figures -->"


def _get(result: dict, *path):
    for name in path:
        if not isinstance(result, dict) or result.get(name) is None:
            return None
        result = result[name]
    return result


def _share(value) -> str:
    return NOTHING if value is None else f"{100 * value:.0f} %"


def _number(value, digits: int = 0) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"


def _ratio(value) -> str:
    return NOTHING if value is None else f"{value:.3f}".lstrip("0") if value < 1 else f"{value:.3f}"


def _several(values, form=_number, between: str = " / ") -> str:
    return NOTHING if all(value is None for value in values) else between.join(form(value) for value in values)


def _paired(result, *names, of: str, form=_number) -> str:
    return _several([_get(result, of, name) for name in names], form)


def _stage(result, event: str) -> str:
    part = _get(result, event)
    if part is None or part["caught"] is None or not (part["false"] or part["caught"]):
        return NOTHING
    return f"{_share(part['caught'])} ({_number(part['median_ms'])} ms), {_number(part['false_per_hour'])}/h"


def _sweep(result, budget: int) -> str:
    part = _get(result, "sweep", str(budget))
    if part is None:
        return NOTHING
    return f"{_share(part['caught'])} ({_number(part['median_ms'])} ms)"


def _cold(result) -> str:
    part = _get(result, "cold")
    if part is None:
        swept = _get(result, "sweep", "12", "false_cold")
        return NOTHING if swept is None else f"{swept} of {result['sweep']['12']['cold_starts']} by the rule"
    return f"{part['false_barge_in']} of {part['starts']}"


def _timer(result) -> str:
    part = _get(result, "turns", "best_timer")
    if part is None:
        return NOTHING
    return "not reached" if not part else f"{_number(part['end_median_ms'])} / {_number(part['end_p95_ms'])}"


def _turns(result) -> str:
    part = _get(result, "turns")
    if part is None or part.get("turns") is None:
        return NOTHING
    errors = f"({_share(part['cut'])} cut, {_share(part['missed'])} missed)"
    return f"{_number(part['end_median_ms'])} / {_number(part['end_p95_ms'])} {errors}"


def _false(result, *names: str) -> str:
    return _several([_get(result, "detector", "false_per_hour_by_noise", name) for name in names])


def _music(result) -> str:
    false = _get(result, "detector", "false_per_hour_by_noise", "music")
    on = _get(result, "detector", "on_in_silence_by_noise", "music")
    return NOTHING if false is None else f"{_number(false)}, {_share(on)}"


def _onset(result) -> str:
    part = _get(result, "detector")
    if part is None:
        return NOTHING
    latency = f"{_number(part['onset_median_ms'])} / {_number(part['onset_p95_ms'])}"
    return f"{latency} ({_share(part['onset_already_on'])} on, {_share(part['onset_missed'])} missed)"


# What each row says, and what to reach: the two columns of what is asked for.
ROWS = [
    ("detector AUC", "≥ .965", "≥ .980", lambda r: _ratio(_get(r, "detector", "auc"))),
    ("miss at 5 % false frames", "≤ 12 %", "≤ 6 %", lambda r: _share(_get(r, "detector", "miss_at_5"))),
    ("onset median / p95, ms", "≤ 80 / 350", "≤ 60 / 200", _onset),
    ("false triggers per hour: steady / clicks", "≤ 10 / 150", "0 / 20", lambda r: _false(r, "steady", "clicks")),
    ("false triggers per hour: babble", "", "", lambda r: _false(r, "babble")),
    ("music: false triggers per hour, time on", "≤ 300, 20 %", "≤ 20, 3 %", _music),
    ("turn end median / p95, ms", "≤ 700 / 1000", "≤ 500 / 800", _turns),
    ("turn end of the best plain timer, ms", "", "", _timer),
    ("`barge_in`: caught in 500 ms (median), false per hour", "", "", lambda r: _stage(r, "barge_in")),
    ("`duck`: caught in 500 ms (median), false per hour", "", "", lambda r: _stage(r, "duck")),
    ("caught by the rule at ≤ 4 false/h", "", "", lambda r: _sweep(r, 4)),
    ("caught by the rule at ≤ 12 false/h", "≥ 65 % (300 ms)", "≥ 85 % (180 ms)", lambda r: _sweep(r, 12)),
    ("caught by the rule at ≤ 40 false/h", "≥ 80 %", "≥ 93 %", lambda r: _sweep(r, 40)),
    ("caught by the rule at ≤ 120 false/h", "", "", lambda r: _sweep(r, 120)),
    ("false `barge_in` in cold starts", "≤ 3 of 80", "0", _cold),
    ("ERLE first 5 s / steady, dB", "≥ 15 / 27", "≥ 25 / 35", lambda r: _paired(r, "first_5_s", "steady", of="erle")),
    ("ERLE at 120 ms delay / 200 ppm, dB", "≥ 24 / 24", "≥ 32 / 32", lambda r: _paired(r, "delay_120", "drift_200", of="erle")),
    ("ERLE at 50 ppm / strong distortion, dB", "", "", lambda r: _paired(r, "drift_50", "distorted", of="erle")),
    ("ERLE after a path change: 0–2 / 2–5 s, dB", "", "", lambda r: _paired(r, "changed_first_2_s", "changed_2_to_5_s", of="erle")),
    ("user's STOI at +10 / 0 / −10 dB", "– / ≥ .91 / .86", "– / ≥ .96 / .92", lambda r: _several([_get(r, "stoi", "stoi", level) for level in ("+10", "+0", "-10")], _ratio)),
    ("CPU, ms per s of sound", "≤ 12", "≤ 6", lambda r: _number(_get(r, "cpu_ms_per_s"), 1)),
    ("million instructions per s of sound", "", "", lambda r: _number(None if _get(r, "instructions_per_s") is None else r["instructions_per_s"] / 1e6)),
    ("the contract", "", "", lambda r: _get(r, "contract") or NOTHING),
]


def render(results: list[dict], targets: bool = True) -> str:
    """A Markdown table, a column for each system; rows that say nothing of any of them are left out."""
    head = ["number"] + [result["name"] for result in results] + (["to resolve", "the aim"] if targets else [])
    lines = [head]
    for title, resolve, aim, cell in ROWS:
        cells = [cell(result) for result in results]
        if any(text != NOTHING for text in cells):
            lines.append([title] + cells + ([resolve, aim] if targets else []))
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    drawn = ["| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |" for line in lines]
    drawn.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(drawn)


def details(result: dict) -> str:
    """What stands behind the table, one figure to a line, for whoever works on it."""
    lines = [f"{result['scenes']} scenes of {result['split']}, {result['minutes']:.0f} minutes, commit {result['commit']}"]

    def walk(part: dict, path: str) -> None:
        for name, value in part.items():
            if isinstance(value, dict) and all(not isinstance(item, dict) for item in value.values()):
                told = ", ".join(f"{key} {item:.4g}" if isinstance(item, float) else f"{key} {item}" for key, item in value.items())
                lines.append(f"  {path}{name}: {told}")
            elif isinstance(value, dict):
                walk(value, f"{path}{name}.")
            elif path:
                lines.append(f"  {path}{name}: {value:.4g}" if isinstance(value, float) else f"  {path}{name}: {value}")

    walk({name: value for name, value in result.items() if isinstance(value, dict)}, "")
    return "\n".join(lines)


def write(results: list[dict]) -> None:
    """Puts the table between its marks in docs/HEARING.md, with where the figures come from."""
    path = ROOT / "docs" / "HEARING.md"
    before, rest = path.read_text().split(BEGIN)
    _, after = rest.split(END)
    origin = "; ".join(f"{result['name']} on {result['date']} at {result['commit']}" for result in results if result.get("program"))
    first = results[0]
    told = f"{first['scenes']} scenes of {first['split']}, {first['minutes']:.0f} minutes: {origin}."
    path.write_text(f"{before}{BEGIN}\n{told}\n\n{render(results)}\n{END}{after}")


def main(words: list[str]) -> int:
    wanted = argparse.ArgumentParser(prog="tools/hearing table", description=__doc__)
    wanted.add_argument("--split", default="test")
    wanted.add_argument("names", nargs="*", help="which of the kept results, in this order (default: all)")
    wanted.add_argument("--write", action="store_true", help="put the table into docs/HEARING.md")
    arguments = wanted.parse_args(words)
    kept = {path.stem: json.loads(path.read_text()) for path in sorted((folder() / "results" / arguments.split).glob("*.json"))}
    unknown = [name for name in arguments.names if name not in kept]
    if unknown or not kept:
        raise SystemExit(f"no result {' '.join(unknown)}; there are {', '.join(kept) or 'none'}")
    chosen = [kept[name] for name in arguments.names or kept]
    print(render(chosen))
    if arguments.write:
        write(chosen)
    return 0
