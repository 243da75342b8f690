// What a pixel's bundle gets from Shopify: it hands over its function, and the sandbox calls it.
export const register = (run) => {
  self.registered = run;
};
