"""Names of metrics as people and programs get them; knows nothing of the analysis."""

_UNITS = ("_s", "_bws", "_bw", "_deg", "_dps", "_g", "_m", "_mps", "_spm", "_pct")


def plain_name(metric: str) -> str:
    """Name of a metric without its unit, as the keys of ``balance`` have it."""
    for unit in _UNITS:
        if metric.endswith(unit):
            return metric.removesuffix(unit)
    return metric
