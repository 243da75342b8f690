// Stands in for Polaris 2: the same elements as polaris.js, under another look. It says so on <html data-polaris="2">.
"use strict";
(() => {
  const here = document.currentScript.src;
  const same = document.createElement("script");
  same.src = new URL("polaris.js", here).href;
  same.async = false;
  document.head.append(same);
  const look = new CSSStyleSheet();
  look.replaceSync(`
    :root { --shopify-safe-area-inset-bottom: 16px; }
    body { background: #fff; font-size: 14px; }
    s-section:not(:defined) { border-radius: 16px; box-shadow: 0 0 0 1px #e3e3e3; }
    s-button:not(:defined) { border-radius: 999px; }
    s-badge:not(:defined) { border-radius: 6px; }
  `);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, look];
  document.documentElement.dataset.polaris = "2";
})();
