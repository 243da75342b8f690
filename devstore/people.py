"""Buyers who do not exist: names and addresses made up from a number, never stored."""

import hashlib
from typing import Any

FIRST_NAMES = ("Ada", "Bryn", "Caitlin", "Dev", "Eilidh", "Finn", "Grace", "Hamza", "Isla", "Jonas", "Kirsty", "Luca")
LAST_NAMES = (
    "Baxter",
    "Campbell",
    "Dunn",
    "Evans",
    "Fraser",
    "Gill",
    "Hughes",
    "Iqbal",
    "Jones",
    "Khan",
    "Lowe",
    "Moss",
)
STREETS = ("Mill Lane", "Station Road", "High Street", "Church Row", "Quayside", "Castle Street")
CITIES = (("Leeds", "LS1 4AP"), ("Bristol", "BS1 5TR"), ("Dundee", "DD1 3JA"), ("Cardiff", "CF10 1EP"))


def contact(number: int) -> dict[str, str]:
    """Make up the same person for the same number; nothing of it is stored."""
    draw = int(hashlib.md5(str(number).encode()).hexdigest(), 16)
    first, last = FIRST_NAMES[draw % 12], LAST_NAMES[draw // 12 % 12]
    city, postcode = CITIES[draw // 144 % 4]
    return {
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}.{draw % 10_000}@customer.example".lower(),
        "street": f"{draw % 90 + 1} {STREETS[draw // 576 % 6]}",
        "city": city,
        "postcode": postcode,
        "phone": f"0113 496 {draw % 10_000:04d}",
    }


def address(who: dict[str, str]) -> dict[str, Any]:
    """Return a postal address."""
    return {
        "first_name": who["first_name"],
        "address1": who["street"],
        "phone": who["phone"],
        "city": who["city"],
        "zip": who["postcode"],
        "province": "England",
        "country": "United Kingdom",
        "last_name": who["last_name"],
        "address2": None,
        "company": None,
        "latitude": None,
        "longitude": None,
        "name": f"{who['first_name']} {who['last_name']}",
        "country_code": "GB",
        "province_code": "ENG",
    }
