// Stands in for Shopify's checkout around an extension: a frame without origin, which asks this page for what it may have.
(() => {
  const shop = location.pathname.split('/').slice(0, 3).join('/');
  const storage = (key) => `devstore-extension:${shop}:${key}`;
  const agreed = () => localStorage.getItem('devstore-consent') === 'yes';

  const answers = {
    consent: async () => agreed(),
    token: async () => (await fetch(`${shop}/session-token`)).text(),
    read: async (key) => JSON.parse(localStorage.getItem(storage(key)) ?? 'null'),
    write: async (key, value) => localStorage.setItem(storage(key), JSON.stringify(value)),
    delete: async (key) => localStorage.removeItem(storage(key)),
    product: async (number) => (await fetch(`${shop}/offered/${Number(number)}`)).json(),
    copy: async (words) => navigator.clipboard?.writeText(words),
    open: async (address) => void window.open(address, '_blank'),
    discount: async (checkout, code) => {
      const body = new URLSearchParams({ code });
      const address = `${shop}/checkout/${Number(checkout)}/discount`;
      const came = await (await fetch(address, { method: 'POST', body, headers: { Accept: 'application/json' } })).json();
      if (came.type === 'success') document.dispatchEvent(new CustomEvent('devstore:checkout-changed'));
      return came;
    },
  };

  const hold = (place) => {
    const frame = document.createElement('iframe');
    frame.title = 'Extension';
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.style.cssText = 'display: block; width: 100%; height: 0; border: 0';
    window.addEventListener('message', async ({ source, data }) => {
      if (source !== frame.contentWindow) return;
      if (data.kind === 'height') frame.style.height = `${data.height}px`;
      if (data.kind !== 'ask') return;
      const value = await answers[data.what](...data.parts).catch(() => null);
      frame.contentWindow?.postMessage({ kind: 'answer', number: data.number, value }, '*');
    });
    frame.src = place.dataset.extension;
    place.append(frame);
  };

  /** Shopify's checkout draws its summary anew when a code was used; this page takes it from a fresh copy of itself. */
  document.addEventListener('devstore:checkout-changed', async () => {
    const fresh = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html');
    document.getElementById('summary')?.replaceWith(fresh.getElementById('summary'));
  });

  for (const place of document.querySelectorAll('[data-extension]')) hold(place);
})();
