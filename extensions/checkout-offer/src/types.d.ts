export type CheckoutApi = import("@shopify/ui-extensions/purchase.checkout.block.render").Api;
export type ThankYouApi = import("@shopify/ui-extensions/purchase.thank-you.block.render").Api;
export type OrderStatusApi = import("@shopify/ui-extensions/customer-account.order-status.block.render").Api;
export type Delivery = CheckoutApi["deliveryGroups"]["value"][number];
export type Api = CheckoutApi | ThankYouApi | OrderStatusApi;

/** What the app says of the offer that it chose: pipelines/models/usecases/offers/till.py. */
export interface Shown {
  id: number;
  kind: "code" | "free_shipping" | "product" | "message";
  message?: string;
  code?: string;
  threshold?: number;
  product?: number;
  variant?: number;
}

export interface Product {
  title: string;
  onlineStoreUrl: string | null;
  priceRange: { minVariantPrice: { amount: string; currencyCode: string } };
}

/** An offer that can be shown: everything it needs is there. */
export interface Offer {
  shown: Shown;
  decision: string;
  accept: string;
  product?: Product;
}

declare global {
  /** What Shopify CLI puts in place of this name when it bundles. */
  const process: { env: { APP_URL?: string } };
}
