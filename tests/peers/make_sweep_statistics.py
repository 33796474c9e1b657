"""Makes tests/peers/sweep_statistics.json: means, deviations, paired tests and shares of variance, for tests/cpu/sweep.rs.

    pip install -r tests/peers/requirements.txt
    python tests/peers/make_sweep_statistics.py > tests/peers/sweep_statistics.json
"""

import json

import numpy
from scipy import stats

random = numpy.random.default_rng(17)

SAMPLES = [[0.5, 0.75], [0.812, 0.807, 0.821], [1e-4, 3e-4, 2e-4, 9e-4], random.normal(0.7, 0.05, 10).round(4).tolist()]

PAIRS = [
    ([0.81, 0.79, 0.83], [0.78, 0.77, 0.79]),
    ([0.5, 0.7], [0.6, 0.5]),
    (random.normal(0.8, 0.02, 6).round(4).tolist(), random.normal(0.78, 0.02, 6).round(4).tolist()),
    ([0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]),
]

# Group of each value, and the values.
GROUPS = [
    ([0, 0, 1, 1, 2, 2], [0.5, 0.6, 0.7, 0.75, 0.9, 0.8]),
    ([0, 1, 0, 1, 0], [0.3, 0.1, 0.4, 0.1, 0.5]),
    ([0, 0, 0, 1, 1, 1, 1], random.normal(0.7, 0.05, 7).round(4).tolist()),
]


def share(groups, values):
    """The share of the variance from scipy's F of a one-way analysis of variance."""
    parts = [[v for g, v in zip(groups, values) if g == group] for group in sorted(set(groups))]
    between, within = len(parts) - 1, len(values) - len(parts)
    f = stats.f_oneway(*parts).statistic
    return float(f * between / (f * between + within))


def holm(p):
    order = numpy.argsort(p)
    adjusted = numpy.maximum.accumulate([min(1.0, p[i] * (len(p) - rank)) for rank, i in enumerate(order)])
    found = [0.0] * len(p)
    for value, index in zip(adjusted, order):
        found[index] = float(value)
    return found


P_VALUES = [[0.04, 0.01, 0.03], [0.2], [0.5, 0.6, 0.001, 0.02]]

print(
    json.dumps(
        {
            "samples": [
                {
                    "values": values,
                    "mean": float(numpy.mean(values)),
                    "deviation": float(stats.tstd(values)),
                    "least": float(stats.tmin(values)),
                    "greatest": float(stats.tmax(values)),
                }
                for values in SAMPLES
            ],
            "pairs": [
                {
                    "first": first,
                    "second": second,
                    "difference": float(numpy.mean(numpy.subtract(first, second))),
                    "p": float(stats.ttest_rel(first, second).pvalue),
                }
                for first, second in PAIRS
            ],
            "groups": [
                {"groups": groups, "values": values, "share": share(groups, values)} for groups, values in GROUPS
            ],
            "holm": [{"p": p, "adjusted": holm(p)} for p in P_VALUES],
        },
        indent=1,
    )
)
