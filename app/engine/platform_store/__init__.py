"""platform_db/, a site's data and price sheets in, Platforms and Prices out.

To add a platform, an alias, an operator or an effort figure, add a data row in platform_db/ (its README tells keys and units).
"""

from app.engine.platform_store.ageing import load_stale_after, months_since
from app.engine.platform_store.catalogue import Catalogue, load_catalogue
from app.engine.platform_store.check import check_database
from app.engine.platform_store.check_site import check_changes, check_site, faults_of_change
from app.engine.platform_store.cost_terms import load_cost_terms
from app.engine.platform_store.demand_strategies import load_demand_strategies
from app.engine.platform_store.effort import load_effort_priors
from app.engine.platform_store.exchange import in_currency
from app.engine.platform_store.keys import KEYS, NUMBERS, RATES, STATUSES, checked_value, unit_of
from app.engine.platform_store.layers import effective, history, without_last
from app.engine.platform_store.money_tables import load_exchange_rates, load_taxes
from app.engine.platform_store.porting import load_porting
from app.engine.platform_store.precision_notes import load_precision_notes
from app.engine.platform_store.price_age import load_price_limits, staleness
from app.engine.platform_store.price_columns import PRICE_FIELDS, names_prices
from app.engine.platform_store.price_sheets import read_price_sheet
from app.engine.platform_store.price_template import write_price_template
from app.engine.platform_store.problems import Problem
from app.engine.platform_store.site import PackSummary, merged, read_pack, read_site, site_digest, write_pack, write_site
from app.engine.platform_store.software import load_families, load_models, load_operator_support, load_operators, load_stacks
from app.engine.platform_store.sparsity import load_sparsity

__all__ = [
    "PRICE_FIELDS",
    "Catalogue",
    "KEYS",
    "NUMBERS",
    "PackSummary",
    "Problem",
    "RATES",
    "STATUSES",
    "check_changes",
    "check_database",
    "check_site",
    "checked_value",
    "effective",
    "faults_of_change",
    "history",
    "load_catalogue",
    "load_cost_terms",
    "load_demand_strategies",
    "load_effort_priors",
    "load_families",
    "load_models",
    "load_operator_support",
    "load_operators",
    "load_precision_notes",
    "load_porting",
    "load_sparsity",
    "load_stacks",
    "load_stale_after",
    "merged",
    "months_since",
    "in_currency",
    "load_exchange_rates",
    "load_price_limits",
    "load_taxes",
    "names_prices",
    "staleness",
    "read_pack",
    "read_price_sheet",
    "read_site",
    "site_digest",
    "unit_of",
    "without_last",
    "write_pack",
    "write_price_template",
    "write_site",
]
