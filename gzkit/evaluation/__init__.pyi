from .evaluate import evaluate as evaluate
from .surprise import surprise as surprise
from .select import select as select, Selection as Selection
from .calibration import (
    coverage as coverage,
    dispersion as dispersion,
    pit_bounds as pit_bounds,
    randomised_pit as randomised_pit,
)
from .skill import multinomial_nll as multinomial_nll, estimated_ceiling as estimated_ceiling
