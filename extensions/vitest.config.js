// Shopify's tester imports an extension's own files, which are JSX: vite reads them for it.
export default {
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  test: { server: { deps: { inline: [/ui-extensions/] } } },
};
