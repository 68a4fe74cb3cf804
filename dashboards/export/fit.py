"""A run as a FIT activity; its fields are in `dashboards.export.fit_fields`."""

from pathlib import Path

from contract.errors import StoreError, TreadwearError
from contract.extras import how_to_install
from dashboards.export.fit_fields import Activity


def write_fit(path: Path, activity: Activity) -> int:
    """Write a FIT activity; gives the number of its records."""
    try:
        from dashboards.export.fit_messages import fit_bytes  # noqa: PLC0415 - optional
    except ModuleNotFoundError as fault:
        raise TreadwearError(
            "FIT files cannot be written",
            f"the package {fault.name} is not installed",
            f"Install it with: {how_to_install('fit')}",
        ) from fault
    packed = fit_bytes(activity)
    try:
        path.write_bytes(packed)
    except OSError as fault:
        what = f"{path} cannot be written"
        why = fault.strerror or str(fault)
        raise StoreError(what, why, "Name another place.") from fault
    return len(activity.t_ns)
