// What Shopify's own scripts put on a storefront's window, as far as ours use it.
interface Window {
  PerformanceObserver?: typeof PerformanceObserver;
  Shopify?: {
    designMode?: boolean;
    routes?: { root?: string };
    customerPrivacy?: { analyticsProcessingAllowed?: () => boolean };
    analytics?: { publish?: (name: string, data: unknown) => void };
    loadFeatures?: (features: { name: string; version: string }[], done: (error?: unknown) => void) => void;
  };
  shopmlopsVisitor: {
    agrees: () => boolean;
    carry: (unit: string) => void;
    digest: (id: string) => Promise<string>;
    isCarried: (cart: { attributes?: Record<string, string> }, unit: string) => boolean;
    isOptedOut: () => boolean;
    optOut: (address: string) => Promise<void>;
    report: (address: string, told: Record<string, string>) => void;
    root: () => string;
    tellOptOut: () => Promise<void>;
    visitor: () => string;
    whenAgreed: (begin: () => void) => void;
  };
  shopmlopsOffer: { start: () => Promise<void> };
  shopmlopsBlock: {
    bucket: (seed: string, unit: string) => number;
    isHeldOut: (seed: string, unit: string, share: number) => boolean;
    isNew: (seed: string, unit: string, weight: number) => boolean;
    start: () => Promise<void>;
  };
}
