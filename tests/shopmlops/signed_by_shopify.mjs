// Signs each body on its input with each secret as Shopify's own library does.
import { getHmac } from "@shopify/shopify-api/test-helpers";

const { secrets, bodies } = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(secrets.map((secret) => bodies.map((body) => getHmac(body, secret)))));
