"""The tables, one file per stage of the story; those that only one use case has stand in a file of its slug."""

from pipelines.models import own
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
from pipelines.models.ledger import Annotation, LedgerHead, LedgerNote, LifecycleEvent
from pipelines.models.machine import NextTry, OperatorsTold, PageSpeed, Pulse, StorageMark
from pipelines.models.monitoring import (
    DriftBins,
    HoldOut,
    HoldOutDay,
    HoldOutShare,
    HoldOutSight,
    Measurement,
    MonthReport,
    PairedWeek,
    ServingWindow,
)
from pipelines.models.registry import ModelVersion
from pipelines.models.releases import Approval, Deployment, EvidenceBlock, Exposure, FreezeWindow, Release
from pipelines.models.serving import (
    IgnoredEvents,
    OptOut,
    PredictionLog,
    Publication,
    PublishedFields,
    StandardField,
    StorefrontEvent,
    StorefrontPixel,
    UnloggedAnswers,
)
from pipelines.models.shops import CronSlot, OwnEvent, Shop, ShopSettings, ShopToken, Staff, StockRule
from pipelines.models.staging import StagedField, StagingRun, StoreLink
from pipelines.models.training import ComputedDay, DatasetSnapshot, TrainingRun

own.bring_in()

__all__ = [
    "Alert",
    "AlertChannel",
    "AlertDelivery",
    "Annotation",
    "Approval",
    "Checkout",
    "ComputedDay",
    "CronSlot",
    "DatasetSnapshot",
    "Deployment",
    "DriftBins",
    "EvidenceBlock",
    "Exposure",
    "ForgottenCustomer",
    "FreezeWindow",
    "HoldOut",
    "HoldOutDay",
    "HoldOutShare",
    "HoldOutSight",
    "IgnoredEvents",
    "LedgerHead",
    "LedgerNote",
    "LifecycleEvent",
    "Location",
    "Measurement",
    "ModelVersion",
    "MonthReport",
    "NextTry",
    "OperatorsTold",
    "OptOut",
    "Order",
    "OrderLine",
    "OwnEvent",
    "PageSpeed",
    "PairedWeek",
    "PredictionLog",
    "Product",
    "Publication",
    "PublishedFields",
    "Pulse",
    "Refund",
    "Release",
    "ServingWindow",
    "Shop",
    "ShopSettings",
    "ShopToken",
    "Staff",
    "StagedField",
    "StagingRun",
    "StandardField",
    "StockLevel",
    "StockRule",
    "StorageMark",
    "StoreLink",
    "StorefrontEvent",
    "StorefrontPixel",
    "SyncRun",
    "TrainingRun",
    "UnloggedAnswers",
    "Variant",
    "WaitingLine",
    "WebhookDelivery",
]
