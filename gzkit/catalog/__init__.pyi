from .read import (
    read_catalog as read_catalog,
    split as split,
    sample_catalog as sample_catalog,
    sample_truth as sample_truth,
    sample_folder as sample_folder,
)
from .sky import match as match, sky_link as sky_link
from .problems import CatalogError as CatalogError
