// How fast this document was, as App Bridge measured it. It is counted under the page's name; nothing says who looked.
"use strict";
(() => {
  const path = location.pathname; // as it was loaded: later pages travel by fetch
  const sent = new Set();

  const report = (told) => {
    const metrics = (told.metrics ?? [told])
      .filter(({ id, name, value }) => ["LCP", "CLS", "INP"].includes(name) && Number.isFinite(value) && !sent.has(id))
      .map(({ id, name, value }) => sent.add(id) && { name, value });
    if (!metrics.length) return;
    const body = JSON.stringify({ path, metrics });
    fetch("/vitals", { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive: true }).catch(() => {});
  };
  window.shopify?.webVitals?.onReport?.(report);
})();
