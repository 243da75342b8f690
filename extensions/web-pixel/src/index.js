import { register } from "@shopify/web-pixels-extension";
import { listen } from "./pixel.js";

register((api) => listen(api));
