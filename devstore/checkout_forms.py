"""The forms of the checkout: who it goes to, how it is sent, and paying. Nothing that is filled in is kept."""

from devstore.checking_out import ADDRESS, DELIVERY
from devstore.html import money, text
from devstore.people import contact

NOT_REAL = "<p>This is a development store: no card is asked for and nothing is paid.</p>"
STANDARD = 395  # as orders are sent for
STEPS = {"address": ADDRESS, "delivery": DELIVERY}  # by the form that is sent
FIELDS = {"email": "E-mail", "name": "Name", "street": "Street", "city": "Town", "postcode": "Postcode"}


def forms(action: str, checkout: int, reached: int, currency: str) -> str:
    """Return what a checkout asks for, in turn; whoever pays at once has said all of it at once."""
    return _address(action, checkout, reached) + _delivery(action, reached, currency) + _payment(action)


def _address(action: str, checkout: int, reached: int) -> str:
    made_up = contact(-checkout)
    filled = made_up | {"name": f"{made_up['first_name']} {made_up['last_name']}"}
    fields = "".join(
        f'<label>{label}<input name="{name}" value="{text(filled[name])}" required autocomplete="off"></label>'
        for name, label in FIELDS.items()
    )
    button = "Change the address" if reached >= ADDRESS else "Save the address"
    return _step(1, "Contact and address", f"{action}/address", fields, button, is_done=reached >= ADDRESS)


def _delivery(action: str, reached: int, currency: str) -> str:
    if reached < ADDRESS:
        return '<section class="step"><h2>2. Delivery</h2><p>Once there is an address.</p></section>'
    choice = (
        f'<label class="choice"><input type="radio" name="rate" checked>Standard, {money(STANDARD, currency)}</label>'
    )
    button = "Change the delivery" if reached >= DELIVERY else "Choose this delivery"
    return _step(2, "Delivery", f"{action}/delivery", choice, button, is_done=reached >= DELIVERY)


def _payment(action: str) -> str:
    return _step(3, "Payment", f"{action}/pay", NOT_REAL, "Pay now", is_done=False)


def _step(number: int, title: str, action: str, fields: str, button: str, *, is_done: bool) -> str:
    done = " <small>done</small>" if is_done else ""
    kind = ' class="plain"' if is_done else ""
    form = f'<form method="post" action="{action}">{fields}<button{kind}>{button}</button></form>'
    return f'<section class="step"><h2>{number}. {title}{done}</h2>{form}</section>'
