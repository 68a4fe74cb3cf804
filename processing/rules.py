"""How one metric of the two feet is compared: the words, not the arithmetic."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetricRule:
    """How left and right of one metric are compared.

    Attributes
    ----------
    name : str
        Column of the step row.
    unit : str
        Unit of that column.
    is_ratio : bool
        Compared in percent of the mean; else by the difference in the metric's unit.
        A ratio needs a true zero and values well away from it: an index of signed
        angles explodes (algorithms.md section 4).
    systematic_sd : float
        Standard deviation between mounts of the error of right minus left, in
        ``unit``: the part that no number of steps averages away.
    needs_clock : bool
        Whether it compares the clocks of the two feet.
    least_difference : float
        Smaller differences are common in healthy runners or within reach of how the
        sensors sit; in ``ci_unit``.
    """

    name: str
    unit: str
    is_ratio: bool
    systematic_sd: float
    needs_clock: bool
    least_difference: float

    @property
    def ci_unit(self) -> str:
        """Unit of the compared figure and its interval."""
        return "%" if self.is_ratio else self.unit


def _ratio(
    name: str,
    unit: str,
    systematic_sd: float,
    least_pct: float,
    *,
    needs_clock: bool = False,
) -> MetricRule:
    return MetricRule(name, unit, True, systematic_sd, needs_clock, least_pct)


def _difference(name: str, unit: str, systematic_sd: float, least: float) -> MetricRule:
    return MetricRule(name, unit, False, systematic_sd, False, least)


_RULES = (
    # Times: SD of the error of right - left, 3.3 ms on force plates (virtual sensors of
    # the 13 runners that the method was made on, benchmarks/accuracy.py) and 5.4 ms on
    # simulated runners whose feet differ at random; new runners lie between. 3 %:
    # healthy runners differ by 1.9 % in contact time (Girard 2019), Garmin's middle
    # band ends at 2.8 %.
    _ratio("contact_time_s", "s", 0.0043, 3.0),
    # Flight is short, so a few ms are many percent: healthy 5.3 % (Girard 2019, as
    # symmetry angle 1.7), with the same margin above it as contact time has.
    _ratio("flight_time_s", "s", 0.0043, 8.0, needs_clock=True),
    _ratio("step_time_s", "s", 0.0066, 3.0, needs_clock=True),
    _ratio("stride_time_s", "s", 0.0003, 3.0),
    _ratio("swing_time_s", "s", 0.0043, 3.0),
    _ratio("duty_factor", "1", 0.0056, 3.0),
    _ratio("impulse_bws", "BW s", 0.0043, 3.0, needs_clock=True),
    # Half a sine is not the real force: its asymmetry misses that of the force plates
    # by 2.9 points SD (38 trials of rbds_virtual), which is .072 of 2.5 BW.
    _ratio("peak_force_bw", "BW", 0.072, 6.0, needs_clock=True),
    # Leave-one-runner-out, right - left (angles.md sections 2 and 7).
    _difference("strike_angle_deg", "deg", 2.1, 4.0),
    # 3.5 ms of toe-off at 550 deg/s are 1.9 deg; with the 1.6 deg of the attitude.
    _difference("pitch_at_toe_off_deg", "deg", 2.5, 5.0),
    # 1.2 to 1.6 deg; healthy limbs differ by 2 to 3 (angles.md 2, algorithms.md 3).
    _difference("pronation_excursion_deg", "deg", 1.6, 3.0),
    # Forward axes differ by 4.4 deg SD between the feet, which lets 26 deg/s of the
    # foot's slap through (rbds_virtual). The error adds, so it is no ratio.
    _difference("pronation_velocity_dps", "deg/s", 26.0, 50.0),
    # That axis error one to one (angles.md 1); threshold of corrective.yaml.
    _difference("toe_out_deg", "deg", 4.4, 6.0),
    # Shock: how tightly a pod sits scales the peak, so it is a ratio; agreement between
    # devices is so low (ICC .18 to .35, algorithms.md 3) that the error is at least as
    # large as runners differ (5 to 15 g, braking 4 to 13 g, product.md 1: SD 2.5 g).
    _ratio("impact_g", "g", 2.5, 20.0),
    _ratio("braking_g", "g", 2.3, 20.0),
    # 1.2 % of 2.5 m (angles.md section 4).
    _ratio("stride_length_m", "m", 0.030, 3.0),
)

METRICS = {rule.name: rule for rule in _RULES}
"""Metrics whose left and right are compared, in the order in which they are shown."""
