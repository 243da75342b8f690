// Signs what stands on its input as Shopify's own library does, and says whether that library takes what we signed.
import "@shopify/shopify-api/adapters/node";
import { ApiVersion, LogSeverity, shopifyApi } from "@shopify/shopify-api";
import { getHmac, getJwt } from "@shopify/shopify-api/test-helpers";

const asked = JSON.parse(await new Response(process.stdin).text());
// The tests have a clock of their own.
const Machine = Date;
const ahead = asked.now * 1000 - Machine.now();
globalThis.Date = class extends Machine {
  constructor(...given) {
    super(...(given.length ? given : [Machine.now() + ahead]));
  }
  static now() {
    return Machine.now() + ahead;
  }
};
// The library signs a query, too, but shows only how it checks one.
const inside = new URL("lib/utils/hmac-validator.mjs", import.meta.resolve("@shopify/shopify-api").replace("lib/index.mjs", ""));
const { generateLocalHmac } = await import(inside);
const api = shopifyApi({
  apiKey: asked.key, apiSecretKey: asked.secret, hostName: "app.example", apiVersion: ApiVersion.July26,
  isEmbeddedApp: true, logger: { level: LogSeverity.Error },
});
const taken = await api.utils.validateHmac(asked.ours, { signator: "appProxy" });
const webhook = { rawBody: asked.body, rawRequest: { method: "POST", url: "/", headers: asked.headers }, rawResponse: {} };
console.log(JSON.stringify({
  proxy: await generateLocalHmac(api.config)(asked.query, "appProxy"),
  webhook: getHmac(asked.body, asked.secret),
  token: (await getJwt(asked.store, asked.key, asked.secret, asked.claims)).token,
  takes_our_query: taken,
  takes_our_webhook: (await api.webhooks.validate(webhook)).valid,
  reads_our_token: (await api.session.decodeSessionToken(asked.token)).dest,
}));
