// What the app is told of a checkout: what lies in it, and nothing about a person.
/** @typedef {import("./types").Api} Api */

const IN_CART = "_shopmlops_unit"; // as theme-block/assets/shopmlops-visitor.js writes it
const KEPT = "unit";
const MOST_LINES = 100; // that the door reads

/** @param {Api} api */
export const agrees = (api) => api.customerPrivacy.value.allowedProcessing.analytics === true;

/**
 * Return who asks: as the cart carries it, else as this extension remembers it in this browser.
 * @param {Api} api
 * @returns {Promise<string>}
 */
export async function unitOf(api) {
  const carried = api.attributes.value?.find(({ key }) => key === IN_CART)?.value;
  if (typeof carried === "string" && /^[0-9a-f]{32}$/.test(carried)) return carried;
  const kept = await api.storage.read(KEPT);
  if (typeof kept === "string") return kept;
  const made = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  await api.storage.write(KEPT, made);
  return made;
}

/**
 * Return what lies in the checkout, as pipelines/endpoints/checkout/told.py reads it.
 * @param {Api} api
 */
export function checkoutOf(api) {
  const { amount, currencyCode } = api.cost.subtotalAmount.value;
  return {
    currency: currencyCode,
    value: minor(amount, currencyCode),
    checkout: api.checkoutToken.value,
    lines: api.lines.value.slice(0, MOST_LINES).map(({ quantity, merchandise, cost: { totalAmount } }) => ({
      product: numberOf(merchandise.product.id),
      variant: numberOf(merchandise.id),
      quantity,
      price: minor(totalAmount.amount / quantity, totalAmount.currencyCode),
    })),
    has_discount: [api.discountCodes.value, ...allocations(api)].some(({ length }) => length > 0),
    is_returning: "orderConfirmation" in api ? !api.orderConfirmation.value.isFirstOrder : undefined,
    ...("deliveryGroups" in api ? reached(api.deliveryGroups.value) : {}),
  };
}

/**
 * Return what is taken off the whole cart, and off each line: also without a code.
 * @param {Api} api
 */
const allocations = (api) => [
  api.discountAllocations.value,
  ...api.lines.value.map(({ discountAllocations }) => discountAllocations),
];

/**
 * Return how far a shopper has come, and nothing of where to: there is a group as soon as Shopify knows an address.
 * @param {import("./types").Delivery[]} groups
 */
const reached = (groups) => ({
  has_address: groups.length > 0,
  has_shipping: groups.length > 0 && groups.every(({ selectedDeliveryOption }) => selectedDeliveryOption !== undefined),
});

/** @param {string} currency */
export const digitsOf = (currency) =>
  new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;

/** @param {number} amount @param {string} currency */
const minor = (amount, currency) => Math.round(amount * 10 ** digitsOf(currency));

/** @param {string} gid */
const numberOf = (gid) => Number(gid.slice(gid.lastIndexOf("/") + 1));
