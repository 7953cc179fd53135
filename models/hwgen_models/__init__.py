"""Golden models: what every block must compute, and when, in plain numpy.

One module per block of ``hwgen/gateware`` under the same name, beside the decision trees
(`hwgen_models.search`), the column order (`hwgen_models.columns`), the behavioural array
(`hwgen_models.crossbar`) and the composed `hwgen_models.tile`. The package needs numpy and nothing
else, so it can be used to check hardware that was not generated here.
"""

__all__: list[str] = []
