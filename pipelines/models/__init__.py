"""The tables, one file per stage of the story."""

from pipelines.models.ingest import (
    Checkout,
    Location,
    Order,
    OrderLine,
    Product,
    Refund,
    StockLevel,
    SyncRun,
    Variant,
    WaitingLine,
    WebhookDelivery,
)
from pipelines.models.ledger import LedgerNote, LifecycleEvent
from pipelines.models.registry import ModelVersion
from pipelines.models.releases import Approval, Deployment, Release
from pipelines.models.serving import Forecast, ForecastOverride, PublishedFields, StockAdvice
from pipelines.models.shops import CronSlot, Shop, ShopSettings, ShopToken, Staff, StockRule
from pipelines.models.training import DatasetSnapshot, TrainingRun

__all__ = [
    "Approval",
    "Checkout",
    "CronSlot",
    "DatasetSnapshot",
    "Deployment",
    "Forecast",
    "ForecastOverride",
    "LedgerNote",
    "LifecycleEvent",
    "Location",
    "ModelVersion",
    "Order",
    "OrderLine",
    "Product",
    "PublishedFields",
    "Refund",
    "Release",
    "Shop",
    "ShopSettings",
    "ShopToken",
    "Staff",
    "StockAdvice",
    "StockLevel",
    "StockRule",
    "SyncRun",
    "TrainingRun",
    "Variant",
    "WaitingLine",
    "WebhookDelivery",
]
