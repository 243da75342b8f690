// What the pixel sends: only with consent, only what is asked for, and under the visitor's first-party id.
import { describe, expect, it } from "vitest";
import { KEPT, listen } from "../web-pixel/src/pixel.js";

const SETTINGS = { address: "https://app.example.com/pixel", shop: "ada.myshopify.com", key: "k" };
const AT = "2026-11-29T10:00:00.000Z";
const VARIANT = { id: "12", product: { id: "11", title: "Shirt" }, price: { amount: 5 } };

function opened({ agreed = true, kept = null, send } = {}) {
  const heard = {};
  const consents = [];
  const sent = [];
  const storage = kept ? { [KEPT]: kept } : {};
  const api = {
    settings: SETTINGS,
    init: { customerPrivacy: { analyticsProcessingAllowed: agreed } },
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
    ["checkout_started", { checkout: { email: "ann@example.com" } }, { name: "checkout_started" }],
    ["checkout_completed", { checkout: { email: "ann@example.com", token: "t" } }, { name: "checkout_completed" }],
  ])("%s", async (name, data, told) => {
    const { heard, sent } = opened();
    await heard[name](event({ data, clientId: "c", context: { document: { location: "/?email=ann@example.com" } } }));
    expect(sent[0].told).toEqual({
      shop: "ada.myshopify.com", key: "k", unit: "made-up-id", analytics: true, sent: AT,
      events: [{ id: "e-1", at: AT, ...told }],
    });
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
