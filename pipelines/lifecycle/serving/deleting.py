"""Delete fields at Shopify: what is refused of many is tried one by one, and only what is not there is gone."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from pipelines.lifecycle.serving.form import Metafield
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import UserErrors

log = logging.getLogger(__name__)

NO_REASON = "Shopify gave no reason"


def delete(api: AdminApi, fields: Sequence[Metafield]) -> list[str]:
    """Delete fields of one call; say of each why Shopify would not, or nothing where it is gone."""
    try:
        api.execute("metafields_delete", {"metafields": list(fields)})
    except UserErrors as refusal:
        if len(fields) > 1:
            return [why for field in fields for why in delete(api, [field])]
        log.info("%s could not be deleted: %s", fields[0], refusal)
        return ["" if refusal.says_gone else str(refusal)[:200] or NO_REASON]
    return [""] * len(fields)
