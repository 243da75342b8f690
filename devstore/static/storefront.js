// Stands in for Shopify's own storefront scripts: consent, events, the sandbox that pixels run in.
(() => {
  const told = JSON.parse(document.getElementById('storefront').textContent);
  const ahead = told.now - Date.now(); // who visits lives on the store's day
  const KEPT = 'devstore-consent';
  const agreed = () => localStorage.getItem(KEPT) === 'yes';
  const privacy = () => ({ analyticsProcessingAllowed: agreed() });
  const seen = () => ({
    customerPrivacy: privacy(),
    context: {
      document: { referrer: document.referrer, location: { hostname: location.hostname, search: location.search } },
      navigator: { userAgent: navigator.userAgent },
    },
    data: { cart: told.cart },
  });
  const waiting = [];
  let pixel;
  let isReady = false;

  const emit = (event) => {
    waiting.push({ id: crypto.randomUUID(), clientId: 'c', timestamp: new Date(Date.now() + ahead).toISOString(), ...event });
    if (isReady) while (waiting.length) pixel.postMessage({ kind: 'event', event: waiting.shift() });
  };

  const runPixel = () => {
    if (pixel || !told.pixel || !agreed()) return;
    pixel = new Worker('/cdn/pixel-sandbox.js', { type: 'module' });
    pixel.addEventListener('message', ({ data }) => {
      if (data.kind === 'ready') {
        isReady = true;
        while (waiting.length) pixel.postMessage({ kind: 'event', event: waiting.shift() });
      } else {
        const value = window[data.kind][data.method](...data.parts);
        pixel.postMessage({ kind: 'answer', number: data.number, value });
      }
    });
    pixel.postMessage({ kind: 'begin', ahead, settings: told.pixel, init: seen() });
  };

  const decide = (answer) => {
    localStorage.setItem(KEPT, answer);
    document.getElementById('consent')?.remove();
    pixel?.postMessage({ kind: 'consent', customerPrivacy: privacy() });
    document.dispatchEvent(new CustomEvent('visitorConsentCollected', { detail: { analyticsAllowed: agreed() } }));
    runPixel();
  };

  const offer = () => {
    if (localStorage.getItem(KEPT)) return;
    const banner = document.createElement('aside');
    banner.id = 'consent';
    banner.append('May this shop count what you look at? ');
    for (const [answer, words] of [['yes', 'Yes'], ['no', 'No']]) {
      const button = document.createElement('button');
      button.textContent = words;
      button.addEventListener('click', () => decide(answer));
      banner.append(button);
    }
    document.body.append(banner);
  };

  window.Shopify = {
    routes: { root: told.root },
    customerPrivacy: { analyticsProcessingAllowed: agreed },
    analytics: { publish: (name, customData) => emit({ name, type: 'custom', customData }) },
  };
  for (const event of told.events) emit({ type: 'standard', ...event });
  if (/(added|did)=/.test(location.search)) history.replaceState(null, '', location.pathname);
  offer();
  runPixel();
})();
