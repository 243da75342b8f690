// What the pixel sends: only with consent, only what is asked for, and under the visitor's first-party id.
import { describe, expect, it } from "vitest";
import { KEPT, listen } from "../web-pixel/src/pixel.js";

const SETTINGS = { address: "https://app.example.com/pixel", shop: "ada.myshopify.com", key: "k" };
const AT = "2026-11-29T10:00:00.000Z";
const VARIANT = { id: "12", product: { id: "11", title: "Shirt" }, price: { amount: 5 } };

function opened({ agreed = true, kept = null, send, init = {} } = {}) {
  const heard = {};
  const consents = [];
  const sent = [];
  const storage = kept ? { [KEPT]: kept } : {};
  const api = {
    settings: SETTINGS,
    init: { customerPrivacy: { analyticsProcessingAllowed: agreed }, ...init },
    customerPrivacy: { subscribe: (name, hear) => consents.push(hear) },
    analytics: { subscribe: (name, hear) => (heard[name] = hear) },
    browser: {
      localStorage: {
        getItem: async (name) => storage[name] ?? null,
        setItem: async (name, value) => (storage[name] = value),
      },
    },
  };
  const note = async (address, { body, ...options }) => sent.push({ address, options, told: JSON.parse(body) });
  listen(api, { send: send ?? note, now: () => new Date(AT), makeId: () => "made-up-id" });
  const decide = (agreed) => consents.forEach((hear) => hear({ customerPrivacy: { analyticsProcessingAllowed: agreed } }));
  return { heard, sent, storage, decide };
}

const event = (more = {}) => ({ id: "e-1", timestamp: AT, data: {}, ...more });

describe("what is told", () => {
  it.each([
    ["page_viewed", {}, { name: "page_viewed" }],
    ["product_viewed", { productVariant: VARIANT }, { name: "product_viewed", product: "11", variant: "12" }],
    ["product_added_to_cart", { cartLine: { merchandise: VARIANT } },
      { name: "product_added_to_cart", product: "11", variant: "12" }],
    ["product_removed_from_cart", { cartLine: { merchandise: VARIANT } },
      { name: "product_removed_from_cart", product: "11", variant: "12" }],
    ["collection_viewed", { collection: { id: "3", title: "For Ann" } }, { name: "collection_viewed" }],
    ["search_submitted", { searchResult: { query: "ann@example.com" } }, { name: "search_submitted" }],
    ["cart_viewed", { cart: { attributes: [{ key: "note", value: "ann@example.com" }] } }, { name: "cart_viewed" }],
    ["checkout_started", { checkout: { email: "ann@example.com" } }, { name: "checkout_started" }],
    ["checkout_completed", { checkout: { email: "ann@example.com", token: "t" } },
      { name: "checkout_completed", checkout: "t" }],
  ])("%s", async (name, data, told) => {
    const { heard, sent } = opened();
    await heard[name](event({ data, clientId: "c", context: { document: { location: "/?email=ann@example.com" } } }));
    expect(sent[0].told).toEqual({
      shop: "ada.myshopify.com", key: "k", unit: "made-up-id", analytics: true, sent: AT,
      events: [{ id: "e-1", at: AT, ...told }],
    });
  });

  it.each([
    "checkout_contact_info_submitted",
    "checkout_address_info_submitted",
    "checkout_shipping_info_submitted",
    "payment_info_submitted",
  ])("of %s which checkout it is, and nothing that was filled in", async (name) => {
    const { heard, sent } = opened({ init: { context: { navigator: { userAgent: "iPhone" } } } });
    const checkout = { token: "t-1", email: "ann@example.com", shippingAddress: { city: "Bath" }, currencyCode: "GBP" };
    await heard[name](event({ data: { checkout } }));
    await heard[name](event({ data: { checkout: { ...checkout, token: null } } }));
    expect(sent.map(({ told }) => told.events[0])).toEqual([
      { id: "e-1", at: AT, name, checkout: "t-1" },
      { id: "e-1", at: AT, name },
    ]);
  });

  it("says whose block was clicked, and where", async () => {
    const { heard, sent } = opened();
    const customData = { use_case: "recommendations", product: "11", place: 2, note: "ann@example.com" };
    await heard["shopmlops:block_clicked"](event({ customData }));
    expect(sent[0].told.events).toEqual([
      { id: "e-1", at: AT, name: "block_clicked", use_case: "recommendations", product: "11", place: 2 },
    ]);
  });

  it("asks nothing before it sends, and outlives the page", async () => {
    const { heard, sent } = opened();
    await heard.page_viewed(event());
    expect(sent[0].address).toBe(SETTINGS.address);
    expect(sent[0].options).toEqual({ method: "POST", keepalive: true });
  });

  it("is told without a product where the page has none", async () => {
    const { heard, sent } = opened();
    await heard.product_viewed(event({ data: null }));
    expect(sent[0].told.events[0].product).toBeUndefined();
  });
});

describe("what is told of the visit", () => {
  const AGENTS = {
    phone: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148",
    tablet: "Mozilla/5.0 (Linux; Android 16; SM-X910) Safari/537.36",
    desktop: "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0",
  };
  const came = async (referrer, search = "", userAgent = AGENTS.phone) => {
    const page = { referrer, location: { hostname: "ada.example", search, href: `https://ada.example/${search}` } };
    const { heard, sent } = opened({ init: { context: { document: page, navigator: { userAgent } } } });
    await heard.page_viewed(event());
    return sent[0].told.events[0];
  };

  it.each(Object.entries(AGENTS))("a %s is one", async (device, agent) => {
    expect((await came("", "", agent)).device).toBe(device);
  });

  it.each([
    ["", "", "direct"],
    ["https://www.google.com/", "", "search"],
    ["https://duckduckgo.com/?q=ann", "", "search"],
    ["https://l.instagram.com/", "", "social"],
    ["https://t.co/abc", "", "social"],
    ["https://notgoogle.example/", "", "other"],
    ["https://www.google.com/", "?gclid=1", "ads"],
    ["", "?utm_medium=CPC&utm_source=ann", "ads"],
    ["", "?utm_medium=email", "email"],
    ["https://ada.example/cart", "", undefined], // on the way through the shop
  ])("who comes from %s%s came by %s", async (referrer, search, source) => {
    const told = await came(referrer, search);
    expect(told.source).toBe(source);
    expect(JSON.stringify(told)).not.toMatch(/google|ann|http/);
  });
});

describe("what is told of the cart", () => {
  const money = (amount) => ({ totalAmount: { amount, currencyCode: "GBP" } });
  const line = (amount, quantity) => ({ merchandise: VARIANT, quantity, cost: money(amount) });
  const CART = { cost: money(20), lines: [{}], totalQuantity: 2, attributes: [{ key: "note", value: "ann" }] };
  const size = ({ value, currency, lines, units }) => ({ value, currency, lines, units });

  it("follows it from what it held when the page came", async () => {
    const { heard, sent } = opened({ init: { data: { cart: CART } } });
    await heard.page_viewed(event());
    await heard.product_added_to_cart(event({ data: { cartLine: line(9.95, 1) } }));
    await heard.product_removed_from_cart(event({ data: { cartLine: line(20, 2) } }));
    expect(sent.map(({ told }) => size(told.events[0]))).toEqual([
      { value: 20, currency: "GBP", lines: 1, units: 2 },
      { value: 29.95, currency: "GBP", lines: 2, units: 3 },
      { value: 9.95, currency: "GBP", lines: 1, units: 1 },
    ]);
  });

  it("is empty where the shop says that there is none, and not known where nothing is said", async () => {
    const [none, unknown] = [opened({ init: { data: { cart: null } } }), opened()];
    for (const { heard } of [none, unknown]) await heard.product_added_to_cart(event({ data: { cartLine: line(5, 1) } }));
    expect(size(none.sent[0].told.events[0])).toEqual({ value: 5, currency: "GBP", lines: 1, units: 1 });
    expect(size(unknown.sent[0].told.events[0])).toEqual({});
  });

  it("is what the checkout says once there is one, and never who pays", async () => {
    const { heard, sent } = opened();
    const items = [{ title: "Shirt", quantity: 2 }, { quantity: 1 }];
    const about = { token: "t-1", currencyCode: "GBP", subtotalPrice: { amount: 31.5 }, lineItems: items };
    const checkout = { ...about, discountApplications: [{ title: "ANN10" }], email: "ann@example.com", phone: "1" };
    await heard.checkout_started(event({ data: { checkout } }));
    expect(sent[0].told.events[0]).toEqual({
      id: "e-1", at: AT, name: "checkout_started",
      value: 31.5, currency: "GBP", lines: 2, units: 3, discount: true, checkout: "t-1",
    });
  });
});

describe("who is meant", () => {
  it("keeps the id that the theme block made", async () => {
    const { heard, sent } = opened({ kept: "from-the-block" });
    await heard.page_viewed(event());
    expect(sent[0].told.unit).toBe("from-the-block");
  });

  it("makes one id for all events", async () => {
    const { heard, sent, storage } = opened();
    await Promise.all([heard.page_viewed(event()), heard.product_viewed(event())]);
    expect(sent.map(({ told }) => told.unit)).toEqual(["made-up-id", "made-up-id"]);
    expect(storage[KEPT]).toBe("made-up-id");
  });
});

describe("consent", () => {
  it.each([false, undefined, "yes"])("sends and keeps nothing without it (%s)", async (agreed) => {
    const { heard, sent, storage } = opened({ agreed: agreed ?? null });
    await heard.page_viewed(event());
    expect([sent, storage]).toEqual([[], {}]);
  });

  it("follows what the visitor says later", async () => {
    const { heard, sent, decide } = opened({ agreed: false });
    decide(true);
    await heard.page_viewed(event());
    decide(false);
    await heard.page_viewed(event());
    expect(sent).toHaveLength(1);
  });
});

it("bothers nobody where the app does not answer", async () => {
  const { heard } = opened({ send: async () => Promise.reject(new TypeError("offline")) });
  await expect(heard.page_viewed(event())).resolves.toBeUndefined();
});
