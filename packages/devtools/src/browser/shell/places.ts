import type { Page } from "../hash.ts";

/** The pages, in the order of the rail. */
export const places: readonly { readonly page: Page; readonly title: string; readonly key: string }[] = [
  { page: "now", title: "Now", key: "n" },
  { page: "tree", title: "Tree", key: "t" },
  { page: "processes", title: "Processes", key: "p" },
  { page: "crashes", title: "Crashes", key: "c" },
  { page: "timeline", title: "Timeline", key: "m" },
  { page: "lifetimes", title: "Lifetimes", key: "l" },
  { page: "network", title: "Network", key: "k" },
  { page: "chaos", title: "Chaos", key: "x" },
];
