# SPDX-License-Identifier: Apache-2.0
"""What a benchmark writes down. A family of figures is a table (build/bench/FAMILY.csv), one plot
(build/bench/FAMILY.svg, by gnuplot) and bars, each PASS or FAIL.

    f = Figures("names", "getpwnam, hit", unit="us", x="entries")
    f.add("hcauth", 1000, samples)          # a curve, where on it, and what was measured there
    f.bar("a look-up of hcauth to glibc's floor", f.median("hcauth", 1000) / floor, at_most=2.0)
    f.end()                                 # writes, draws; True if every bar was passed

What must hold: peers that are compared are measured in turns, round by round, in one run (interleaved()); a figure
is a median with its spread (the 10th and 90th of a hundred), never a single run."""
import collections
import csv
import os
import statistics
import subprocess

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "build/bench")


def interleaved(rounds, subjects):
    """{name: samples} of {name: function}: each function is called once a round, and returns a figure, or a list of
    them."""
    samples = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, measure in subjects.items():
            got = measure()
            samples[name].extend(got if isinstance(got, list) else [got])
    return samples


def percentile(samples, part):
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part / 100))]


class Figures:
    def __init__(self, family, title, unit, x, log_x=True, log_y=False):
        self.family, self.title, self.unit, self.x = family, title, unit, x
        self.log = ("x" if log_x else "") + ("y" if log_y else "")
        self.rows = collections.OrderedDict()   # (subject, x): samples
        self.passed = True
        os.makedirs(FOLDER, exist_ok=True)

    def add(self, subject, x, samples):
        self.rows[subject, x] = list(samples)
        print("%-44s %10s  %10.4g %s (%.4g to %.4g, %d)" %
              (subject, x, self.median(subject, x), self.unit, percentile(samples, 10), percentile(samples, 90),
               len(samples)), flush=True)

    def median(self, subject, x):
        return statistics.median(self.rows[subject, x])

    def bar(self, what, figure, at_most=None, at_least=None):
        good = (at_most is None or figure <= at_most) and (at_least is None or figure >= at_least)
        self.passed = self.passed and good
        limit = "at most %.4g" % at_most if at_most is not None else "at least %.4g" % at_least
        print("%s  %s: %.4g (%s)" % ("PASS" if good else "FAIL", what, figure, limit), flush=True)

    def end(self):
        with open(os.path.join(FOLDER, self.family + ".csv"), "w", newline="") as f:
            out = csv.writer(f, lineterminator="\n")
            out.writerow(["subject", self.x, "median " + self.unit, "p10", "p90", "p99", "samples"])
            for (subject, x), samples in self.rows.items():
                out.writerow([subject, x] + ["%.6g" % v for v in (
                    statistics.median(samples), percentile(samples, 10), percentile(samples, 90),
                    percentile(samples, 99))] + [len(samples)])
        self.draw()
        return self.passed

    def draw(self):
        names = list(dict.fromkeys(s for s, _ in self.rows))
        data = ""
        for subject in names:
            points = [(x, samples) for (s, x), samples in self.rows.items() if s == subject]
            data += "".join("%s %.6g %.6g %.6g\n" % (x, statistics.median(v), percentile(v, 10), percentile(v, 90))
                            for x, v in points) + "\n\n"
        script = ["set terminal svg size 900,560 font 'sans,13' background 'white'",
                  "set output '%s'" % os.path.join(FOLDER, self.family + ".svg"),
                  "set title \"%s\"" % self.title, "set xlabel '%s'" % self.x, "set ylabel '%s'" % self.unit,
                  "set key outside right", "set grid", "$figures << END", data + "END"]
        if self.log:
            script.append("set logscale " + self.log)
        script.append("plot " + ", ".join("$figures index %d using 1:2:3:4 with yerrorlines title \"%s\"" % (n, name)
                                          for n, name in enumerate(names)))
        subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)
