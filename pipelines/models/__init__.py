"""The tables, one file per stage of the story."""

from pipelines.models.alerts import Alert, AlertChannel, AlertDelivery
from pipelines.models.ingest import (
    Checkout,
    ForgottenCustomer,
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
from pipelines.models.ledger import LedgerHead, LedgerNote, LifecycleEvent
from pipelines.models.machine import NextTry, Pulse, StorageMark
from pipelines.models.monitoring import Measurement, PairedWeek, ServedUnit, ServingWindow
from pipelines.models.registry import ModelVersion
from pipelines.models.releases import Approval, Deployment, EvidenceBlock, Exposure, FreezeWindow, Release
from pipelines.models.serving import Forecast, ForecastOverride, OddOrder, PublishedFields, StockAdvice, StockTotals
from pipelines.models.shops import CronSlot, Shop, ShopSettings, ShopToken, Staff, StockRule
from pipelines.models.staging import StagedField, StagingRun, StoreLink
from pipelines.models.training import DatasetSnapshot, TrainingRun

__all__ = [
    "Alert",
    "AlertChannel",
    "AlertDelivery",
    "Approval",
    "Checkout",
    "CronSlot",
    "DatasetSnapshot",
    "Deployment",
    "EvidenceBlock",
    "Exposure",
    "Forecast",
    "ForecastOverride",
    "ForgottenCustomer",
    "FreezeWindow",
    "LedgerHead",
    "LedgerNote",
    "LifecycleEvent",
    "Location",
    "Measurement",
    "ModelVersion",
    "NextTry",
    "OddOrder",
    "Order",
    "OrderLine",
    "PairedWeek",
    "Product",
    "PublishedFields",
    "Pulse",
    "Refund",
    "Release",
    "ServedUnit",
    "ServingWindow",
    "Shop",
    "ShopSettings",
    "ShopToken",
    "Staff",
    "StagedField",
    "StagingRun",
    "StockAdvice",
    "StockLevel",
    "StockRule",
    "StockTotals",
    "StorageMark",
    "StoreLink",
    "SyncRun",
    "TrainingRun",
    "Variant",
    "WaitingLine",
    "WebhookDelivery",
]
