// Stands in for Shopify's App Bridge: talks to the admin page around us by postMessage.
"use strict";
(() => {
  if (window.shopify?.config) return;

  const ADMIN = new URL(document.currentScript.src).origin;
  const LAUNCH = ["id_token", "hmac", "timestamp", "session", "embedded", "shop", "host", "locale"];
  const query = new URLSearchParams(location.search);
  const named = readName();
  const config = {
    apiKey: document.querySelector('meta[name="shopify-api-key"]')?.content ?? named.apiKey ?? "",
    host: query.get("host") ?? named.host ?? "",
    locale: query.get("locale") ?? named.locale ?? "en-GB",
    shop: query.get("shop") ?? named.shop ?? "",
  };
  const embedded = window.parent !== window;
  const waiting = new Map();
  let last = 0;

  // The admin writes the configuration into the frame's name, which outlives navigations inside the frame.
  function readName() {
    try {
      return JSON.parse(window.name) ?? {};
    } catch {
      return {};
    }
  }

  const post = (type, value) => embedded && window.parent.postMessage({ bridge: 1, type, value }, ADMIN);

  const ask = (type, value) =>
    new Promise((resolve, reject) => {
      if (!embedded) return reject(new Error("This page is not inside the admin."));
      const id = ++last;
      waiting.set(id, { resolve, reject });
      const say = () => {
        if (!waiting.has(id)) return;
        window.parent.postMessage({ bridge: 1, type, value, id }, ADMIN);
        if (type === "id-token") setTimeout(say, 2000); // an admin page that still loads has not heard it
      };
      say();
    });

  window.addEventListener("message", (event) => {
    if (event.origin !== ADMIN || event.source !== window.parent || !event.data?.bridge) return;
    const { type, value, id, error } = event.data;
    if (type === "reply") {
      const { resolve, reject } = waiting.get(id) ?? {};
      waiting.delete(id);
      if (error) reject?.(new Error(error));
      else resolve?.(value);
    } else if (type === "go") follow(value);
    else if (type === "save") saveForm();
    else if (type === "discard") discardForm();
  });

  // Requests to our own origin carry a fresh ID token; a refusal that asks for it is tried once more.
  const nativeFetch = window.fetch.bind(window);
  const RETRY = "X-Shopify-Retry-Invalid-Session-Request";

  async function send(request) {
    const signed = new Request(request);
    signed.headers.set("Authorization", `Bearer ${await idToken()}`);
    return nativeFetch(signed);
  }

  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const ours = new URL(request.url).origin === location.origin;
    if (!ours || !embedded || request.headers.has("Authorization")) return nativeFetch(request);
    const spare = request.clone();
    const answer = await send(request);
    return answer.status === 401 && answer.headers.has(RETRY) ? send(spare) : answer;
  };

  const idToken = () => ask("id-token");

  // Navigation: a document of ours always arrives with fresh launch parameters.
  async function open(href) {
    const target = new URL(href, location.href);
    if (target.origin !== location.origin) return void location.assign(target);
    for (const [name, value] of Object.entries(await ask("launch"))) target.searchParams.set(name, value);
    location.assign(target);
  }

  function follow(path) {
    const links = [...document.querySelectorAll("s-app-nav [href]")];
    const link = links.find((each) => new URL(each.getAttribute("href"), location.href).pathname === path);
    if (link) link.click();
    else open(path);
  }

  document.addEventListener("shopify:navigate", (event) => {
    const href = event.target.getAttribute?.("href");
    if (event.defaultPrevented || !href || !embedded) return;
    event.preventDefault();
    open(href);
  });

  function reload() {
    const target = new URL(query.get("shopify-reload"), location.href);
    if (target.origin === location.origin) open(target);
  }

  function path() {
    const here = new URL(location.href);
    for (const name of LAUNCH) here.searchParams.delete(name);
    return here.pathname + here.search + here.hash;
  }

  const report = () => post("navigate", { path: path(), title: document.title });
  for (const name of ["pushState", "replaceState"]) {
    const native = history[name].bind(history);
    history[name] = (...given) => {
      native(...given);
      report();
    };
  }
  window.addEventListener("popstate", report);

  const tellNav = () =>
    post("nav", [...document.querySelectorAll("s-app-nav > [href], ui-nav-menu > [href]")].map((link) => ({
      path: new URL(link.getAttribute("href"), location.href).pathname,
      label: link.textContent.trim(),
      home: link.getAttribute("rel") === "home",
    })));

  // The save bar of <form data-save-bar>.
  let dirty = null;

  function setDirty(form) {
    if (dirty === form) return;
    dirty = form;
    post("save-bar", form ? { confirm: form.hasAttribute("data-discard-confirmation") } : null);
  }

  function saveForm() {
    const bar = document.querySelector("ui-save-bar[data-open]");
    if (bar) return bar.querySelector('[variant="primary"]')?.click();
    if (dirty?.reportValidity()) dirty.requestSubmit();
  }

  function discardForm() {
    const bar = document.querySelector("ui-save-bar[data-open]");
    if (bar) return bar.querySelector('button:not([variant="primary"])')?.click();
    dirty?.reset();
  }

  const edited = (event) => {
    const form = event.target.closest?.("form[data-save-bar]");
    if (form) setDirty(form);
  };
  document.addEventListener("input", edited);
  document.addEventListener("change", edited);
  for (const done of ["submit", "reset"]) {
    document.addEventListener(done, (event) => event.target === dirty && setDirty(null), true);
  }

  const overlay = (id) => (typeof id === "string" ? document.getElementById(id) : id);
  const bar = (id, open) => {
    const element = overlay(id);
    element?.toggleAttribute("data-open", open);
    post("save-bar", open ? { confirm: element?.hasAttribute("discardConfirmation") ?? false } : null);
  };

  // Page speed, as the browser sees it: what is drawn and shifts is told once the page has settled, how long the
  // slowest answer to a click took soon after the click. Shopify's own waits until the page is hidden.
  const SETTLED = 2000;
  let onReport = null;
  let isSettled = false;
  const speed = { LCP: null, CLS: 0, INP: null };
  const told = new Set();

  function observe(type, note, options = {}) {
    try {
      new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true, ...options });
    } catch {
      // a browser that does not measure this
    }
  }
  observe("largest-contentful-paint", (entry) => {
    speed.LCP = entry.startTime;
    if (isSettled) tell("LCP"); // a slow one, which was not known when the others were told
  });
  observe("layout-shift", (entry) => (speed.CLS += entry.hadRecentInput ? 0 : entry.value));
  const noteAnswer = (entry) => {
    if (!entry.interactionId) return;
    speed.INP = Math.max(speed.INP ?? 0, entry.duration);
    setTimeout(() => tell("INP"), SETTLED);
  };
  observe("event", noteAnswer, { durationThreshold: 16 });
  observe("first-input", noteAnswer); // however quick: of others only those over the threshold are told

  function tell(...names) {
    const due = names.filter((name) => speed[name] !== null && !told.has(name));
    if (!onReport || !due.length) return;
    due.forEach((name) => told.add(name));
    onReport({ metrics: due.map((name) => ({ id: `${name}-${performance.timeOrigin}`, name, value: speed[name] })) });
  }
  const settle = () => {
    isSettled = true;
    tell("LCP", "CLS");
  };
  window.addEventListener("load", () => setTimeout(settle, SETTLED));

  window.shopify = {
    config,
    origin: ADMIN,
    environment: { embedded, mobile: false, intent: false, pos: false },
    idToken,
    user: () => ask("user"),
    loading: (on) => post("loading", on !== false),
    toast: {
      show: (message, options = {}) => {
        const id = `toast-${++last}`;
        post("toast", { message: String(message), isError: Boolean(options.isError), duration: options.duration, id });
        return id;
      },
      hide: (id) => post("toast-hide", id),
    },
    saveBar: {
      show: async (id) => bar(id, true),
      hide: async (id) => bar(id, false),
      toggle: async (id) => bar(id, !overlay(id)?.hasAttribute("data-open")),
      leaveConfirmation: async () => (dirty ? ask("leave") : undefined),
    },
    modal: {
      show: async (id) => overlay(id)?.showOverlay?.(),
      hide: async (id) => overlay(id)?.hideOverlay?.(),
      toggle: async (id) => overlay(id)?.toggleOverlay?.(),
    },
    scopes: {
      query: () => ask("scopes-query"),
      request: (scopes) => ask("scopes-request", scopes),
      revoke: (scopes) => ask("scopes-revoke", scopes),
    },
    webVitals: {
      onReport: async (callback) => {
        onReport = callback;
      },
    },
    ready: Promise.resolve(),
  };

  if (!embedded && config.shop) {
    location.replace(`${ADMIN}/admin/${config.shop}/app?path=${encodeURIComponent(path())}`);
    return;
  }
  if (query.has("shopify-reload")) return void reload();

  document.addEventListener("DOMContentLoaded", () => {
    report();
    tellNav();
    new MutationObserver(() => {
      if (dirty && !dirty.isConnected) setDirty(null);
    }).observe(document.body, { childList: true, subtree: true });
  });
  window.addEventListener("pagehide", () => post("save-bar", null));
})();
