"""platform_db/ and price sheets in, Platforms and Prices out.

To add a platform, an alias, an operator or an effort figure, add a data row in platform_db/ (its README tells keys and units).
"""

from app.engine.platform_store.catalogue import Catalogue, load_catalogue
from app.engine.platform_store.check import Problem, check_database
from app.engine.platform_store.effort import load_effort_priors
from app.engine.platform_store.porting import load_porting
from app.engine.platform_store.price_columns import names_prices
from app.engine.platform_store.price_sheets import read_price_sheet
from app.engine.platform_store.price_template import write_price_template
from app.engine.platform_store.software import load_families, load_models, load_operator_support, load_operators, load_stacks

__all__ = [
    "Catalogue",
    "Problem",
    "check_database",
    "load_catalogue",
    "load_effort_priors",
    "load_families",
    "load_models",
    "load_operator_support",
    "load_operators",
    "load_porting",
    "load_stacks",
    "names_prices",
    "read_price_sheet",
    "write_price_template",
]
