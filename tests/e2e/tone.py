# tone.py FILE HZ [LEAST [PURE]] - whether a WAV file, or raw 16 bit mono at 48 kHz, has
# a tone of this frequency in it: the number of 25 ms that are little else, which
# is to be LEAST (20) or more; with 0 it is to be silent throughout. Little else is
# PURE (0.9) of the power.
import array
import math
import sys
import wave

path, hz = sys.argv[1], float(sys.argv[2])
least = int(sys.argv[3]) if len(sys.argv) > 3 else 20
pure = float(sys.argv[4]) if len(sys.argv) > 4 else 0.9
rate, channels = 48000, 1
try:
    with wave.open(path) as f:
        rate, channels = f.getframerate(), f.getnchannels()
        data = f.readframes(f.getnframes())
except (wave.Error, EOFError):
    data = open(path, "rb").read()
samples = array.array("h", data[: len(data) // 2 * 2])[::channels]
n = rate // 40
found = 0
for at in range(0, len(samples) - n, n):
    part = samples[at : at + n]
    power = sum(s * s for s in part)
    if power < n * 500 * 500:
        continue
    s = sum(v * math.sin(2 * math.pi * hz * i / rate) for i, v in enumerate(part))
    c = sum(v * math.cos(2 * math.pi * hz * i / rate) for i, v in enumerate(part))
    found += 2 * (s * s + c * c) / (n * power) > pure
loudest = max(map(abs, samples), default=0)
print(f"{found} of {len(samples) // n}, loudest {loudest}")
sys.exit(not (found >= least if least else loudest < 100))
