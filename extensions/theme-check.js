// Shopify's own check of the theme extension's Liquid, by its library: what it calls an error or a warning fails.
import path from "node:path";
import process from "node:process";
import { Severity, themeCheckRun } from "@shopify/theme-check-node";

const root = path.resolve(import.meta.dirname ?? ".", "theme-block");
const { offenses } = await themeCheckRun(root, "theme-check:theme-app-extension");
for (const { check, message, uri, start, severity } of offenses) {
  const file = path.relative(process.cwd(), new URL(uri).pathname);
  console.error(`${file}:${start.index} ${Severity[severity].toLowerCase()} ${check}: ${message}`);
}
process.exitCode = offenses.some(({ severity }) => severity !== Severity.INFO) ? 1 : 0;
