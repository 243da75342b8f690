// @vitest-environment jsdom
// The block's script: the same bucket as the app's, the live list unless the visitor's bucket says otherwise.
import { createHash, webcrypto } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

const VISITOR = "7d0f6f0e-1f57-4a7c-9d55-0f5b2b1b9a01";
const UNIT = createHash("sha256").update(VISITOR).digest("hex").slice(0, 32);
const list = (slot) => `<ul data-slot="${slot}"><li><a href="#" data-product="11" data-place="1"><b>${slot}</b></a></li></ul>`;
const asked = [];

function page({ weight = 50, seed = "s", other = true, holdOut = 0, holdOutSeed = "" } = {}) {
  document.body.innerHTML = `<section data-shopmlops-block data-use-case="recommendations"
    data-proxy="/apps/shopmlops/recommendations" data-seed="${seed}" data-weight="${weight}"
    data-hold-out="${holdOut}" data-hold-out-seed="${holdOutSeed}">${list("live")}
    ${other ? `<template data-shopmlops-other>${list("new")}</template>` : ""}</section>`;
  return document.querySelector("section");
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
const shown = () => document.querySelector("section > [data-slot]").dataset.slot;
const reports = () => asked.filter(({ address }) => address.startsWith("/apps/"));
const seedWhere = (isNew) =>
  Array.from({ length: 100 }, (_, number) => `seed-${number}`).find((seed) => window.shopmlopsBlock.isNew(seed, UNIT, 50) === isNew);

beforeAll(async () => {
  Object.defineProperty(globalThis, "crypto", { value: webcrypto, configurable: true });
  globalThis.fetch = vi.fn(async (address, options) => asked.push({ address, options }));
  window.Shopify = { customerPrivacy: { analyticsProcessingAllowed: () => false }, routes: { root: "/fr/" } };
  await import("../theme-block/assets/shopmlops-visitor.js");
  await import("../theme-block/assets/shopmlops-block.js");
});

beforeEach(() => {
  asked.length = 0;
  localStorage.clear();
  sessionStorage.clear();
  localStorage.setItem("_shopmlops_id", VISITOR);
});

describe("buckets", () => {
  it("are those of pipelines/stats/assignment.py", () => {
    const { bucket } = window.shopmlopsBlock;
    expect([bucket("seed", "a"), bucket("seed", "b")]).toEqual([0.0505, 0.2696]);
  });

  it("are of a unit that is the digest of the visitor's id", async () => {
    expect(await window.shopmlopsVisitor.digest(VISITOR)).toBe(UNIT);
  });

  it("show nobody the new list at no weight, and none at all of it", () => {
    const { isNew } = window.shopmlopsBlock;
    expect([isNew("s", UNIT, 0), isNew("s", UNIT, 100), isNew("s", UNIT, NaN)]).toEqual([false, false, false]);
  });
});

describe("what is shown", () => {
  it.each([[true, "new"], [false, "live"]])("follows the bucket (%s)", async (isNew, slot) => {
    const seed = seedWhere(isNew);
    page({ seed });
    await window.shopmlopsBlock.start();
    expect(shown()).toBe(slot);
    const told = new URLSearchParams(reports()[0].address.split("?")[1]);
    expect(Object.fromEntries(told)).toEqual({ unit: VISITOR, seed, hold_out: "0", hold_out_seed: "", shown: slot });
    expect(reports()[0].options.method).toBe("POST");
  });

  it("is told once in a visit", async () => {
    for (let times = 0; times < 3; times++) {
      page({ seed: seedWhere(true) });
      await window.shopmlopsBlock.start();
    }
    expect(reports()).toHaveLength(1);
  });

  it("compares nobody where a product has one list only", async () => {
    page({ seed: seedWhere(true), other: false });
    await window.shopmlopsBlock.start();
    expect([shown(), reports()]).toEqual(["live", []]);
  });

  it("lets the cart carry the unit, once", async () => {
    page();
    await window.shopmlopsBlock.start();
    const carried = asked.filter(({ address }) => address === "/fr/cart/update.js");
    expect(carried.map(({ options }) => JSON.parse(options.body))).toEqual([{ attributes: { _shopmlops_unit: UNIT } }]);
  });

  it("stays live where the browser cannot say who it is", async () => {
    vi.spyOn(Storage.prototype, "getItem").mockImplementationOnce(() => { throw new Error("blocked"); });
    page({ seed: seedWhere(true) });
    await window.shopmlopsBlock.start();
    expect([shown(), asked]).toEqual(["live", []]);
  });
});

describe("the hold-out", () => {
  const heldOutSeed = (isOut, share = 50) =>
    Array.from({ length: 100 }, (_, number) => `out-${number}`).find((seed) => window.shopmlopsBlock.isHeldOut(seed, UNIT, share) === isOut);
  const places = (top) => vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockReturnValue({ top });
  const told = () => Object.fromEntries(new URLSearchParams(reports()[0].address.split("?")[1]));

  it("has the bucket of its own seed, and nobody at no share", () => {
    const { bucket, isHeldOut } = window.shopmlopsBlock;
    expect(isHeldOut("seed", "a", 5)).toBe(false); // .0505, as pipelines/stats/assignment.py has it
    expect(isHeldOut("seed", "a", 10)).toBe(true);
    expect([isHeldOut("s", UNIT, 0), isHeldOut("s", UNIT, NaN), bucket("s", UNIT) < 1]).toEqual([false, false, true]);
  });

  it.each([[2000, true, ""], [100, false, "hidden"]])("takes the block away without moving what is seen (top %s)", async (top, gone, visibility) => {
    const spy = places(top);
    const holdOutSeed = heldOutSeed(true);
    const block = page({ seed: seedWhere(true), holdOut: 50, holdOutSeed });
    await window.shopmlopsBlock.start();
    spy.mockRestore();
    expect([block.hidden, block.style.visibility, shown()]).toEqual([gone, visibility, "live"]);
    expect(told()).toEqual({ unit: VISITOR, seed: seedWhere(true), hold_out: "50", hold_out_seed: holdOutSeed, shown: "nothing" });
    expect(asked.filter(({ address }) => address === "/fr/cart/update.js")).toHaveLength(1);
  });

  it("leaves everybody else what their release shows them, and says so in the same words", async () => {
    const holdOutSeed = heldOutSeed(false);
    const seed = seedWhere(true);
    const block = page({ seed, holdOut: 50, holdOutSeed });
    await window.shopmlopsBlock.start();
    expect([block.hidden, block.style.visibility, shown()]).toEqual([false, "", "new"]);
    expect(told()).toEqual({ unit: VISITOR, seed, hold_out: "50", hold_out_seed: holdOutSeed, shown: "new" });
  });

  it("says nothing more of who is held out than of others where a product has one list only", async () => {
    page({ seed: seedWhere(true), other: false, holdOut: 50, holdOutSeed: heldOutSeed(true) });
    await window.shopmlopsBlock.start();
    expect(reports()).toEqual([]);
  });

  it("is told anew when the share changed within a visit", async () => {
    for (const holdOut of [50, 50, 60]) {
      page({ weight: 0, seed: "", holdOut, holdOutSeed: heldOutSeed(true) });
      await window.shopmlopsBlock.start();
    }
    expect(reports()).toHaveLength(2);
  });

  it("takes nothing away from who arranges the page", async () => {
    window.Shopify.designMode = true;
    const block = page({ holdOut: 50, holdOutSeed: heldOutSeed(true) });
    await window.shopmlopsBlock.start();
    delete window.Shopify.designMode;
    expect([block.hidden, block.style.visibility, asked]).toEqual([false, "", []]);
  });
});

describe("consent", () => {
  it("is waited for: nothing is kept, asked or changed before it", async () => {
    localStorage.clear();
    page({ seed: seedWhere(true) });
    await settled();
    expect([shown(), asked, localStorage.length]).toEqual(["live", [], 0]);
    document.dispatchEvent(new CustomEvent("visitorConsentCollected", { detail: { analyticsAllowed: false } }));
    await settled();
    expect(asked).toEqual([]);
    document.dispatchEvent(new CustomEvent("visitorConsentCollected", { detail: { analyticsAllowed: true } }));
    await vi.waitFor(() => expect(reports().length + localStorage.length).toBeGreaterThan(0));
  });
});

it("tells the pixel of a click on a product, wherever in the card it was", async () => {
  const publish = vi.fn();
  window.Shopify.analytics = { publish };
  page();
  await window.shopmlopsBlock.start();
  document.querySelector("section > ul b").click();
  expect(publish).toHaveBeenCalledWith("shopmlops:block_clicked", { use_case: "recommendations", product: "11", place: 1 });
});
