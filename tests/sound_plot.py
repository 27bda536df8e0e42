# sound_plot.py STATISTICS - a viewer's --stats as an SVG: how much sound it
# stored, how it corrected the speed, and where something was made up.
import json
import sys

rows = []
for line in open(sys.argv[1]):
    try:
        row = json.loads(line)
    except ValueError:
        continue  # the viewer was killed while it wrote
    if row.get("sound", {}).get("store_ms") is not None:
        rows.append((row["t"], row["sound"]))
if not rows:
    sys.exit("sound_plot.py: nothing was heard")
W, H, X, Y = 900, 180, 70, 30
begin, end = rows[0][0], max(rows[-1][0], rows[0][0] + 1)
out = []


def x(t):
    return X + (t - begin) / (end - begin) * W


def panel(n, name, unit, value, colour):
    values = [value(s) for _, s in rows]
    low, high = min(values + [0]), max(values + [1])
    top = Y + n * (H + 50)

    def y(v):
        return top + H - (v - low) / (high - low) * H

    out.append(f'<rect x="{X}" y="{top}" width="{W}" height="{H}" '
               'fill="none" stroke="#999"/>')
    out.append(f'<text x="{X}" y="{top - 8}">{name}</text>')
    for v in (low, (low + high) / 2, high):
        out.append(f'<text x="{X - 6}" y="{y(v) + 4:.0f}" '
                   f'text-anchor="end">{v:.0f} {unit}</text>')
    points = " ".join(f"{x(t):.1f},{y(v):.1f}"
                      for (t, _), v in zip(rows, values))
    out.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>')
    return top


panel(0, "stored", "ms", lambda s: s["store_ms"], "#06c")
top = panel(1, "speed", "ppm", lambda s: s["drift_ppm"], "#c60")
panel(2, "made up", "ms", lambda s: s["concealed_ms"], "#c00")
for minute in range(int((end - begin) // 60) + 1):
    at = x(begin + 60 * minute)
    out.append(f'<text x="{at:.0f}" y="{Y + 3 * (H + 50) - 20}" '
               f'text-anchor="middle">{minute} min</text>')
print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{W + X + 30}" '
      f'height="{Y + 3 * (H + 50)}" font-family="sans-serif" font-size="12">'
      '<rect width="100%" height="100%" fill="white"/>')
print("\n".join(out) + "\n</svg>")
