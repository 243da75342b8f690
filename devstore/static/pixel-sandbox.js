// Stands in for the strict sandbox of web pixels: a worker without the page, which hears events and may ask for storage.
const listeners = [];
const consents = [];
const waiting = new Map();
let asked = 0;

const ask = (kind, method, parts) =>
  new Promise((resolve) => {
    waiting.set(++asked, resolve);
    postMessage({ kind, method, parts, number: asked });
  });
const storage = (kind) =>
  Object.fromEntries(['getItem', 'setItem', 'removeItem'].map((name) => [name, (...parts) => ask(kind, name, parts)]));

const liveOn = (ahead) => {
  const Real = Date;
  self.Date = class extends Real {
    constructor(...parts) {
      super(...(parts.length ? parts : [Real.now() + ahead]));
    }

    static now() {
      return Real.now() + ahead;
    }
  };
};

const begin = async ({ settings, init, ahead }) => {
  liveOn(ahead);
  await import('/extensions/web-pixel/index.js');
  self.registered({
    settings,
    init,
    browser: { localStorage: storage('localStorage'), sessionStorage: storage('sessionStorage') },
    analytics: { subscribe: async (name, hear) => listeners.push({ name, hear }) },
    customerPrivacy: { subscribe: async (name, hear) => consents.push(hear) },
  });
  postMessage({ kind: 'ready' });
};

self.addEventListener('message', ({ data }) => {
  if (data.kind === 'begin') begin(data);
  if (data.kind === 'answer') waiting.get(data.number)?.(data.value);
  if (data.kind === 'consent') consents.forEach((hear) => hear({ customerPrivacy: data.customerPrivacy }));
  if (data.kind === 'event') listeners.filter(({ name }) => name === data.event.name).forEach(({ hear }) => hear(data.event));
});
