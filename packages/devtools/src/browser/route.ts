import { signal, type Signal } from "@preact/signals";
import { changed, parseHash, printHash, type Route, type RouteChange } from "./hash.ts";
import { takeToken } from "./token.ts";

/** Where the user is. Changed by {@link go} and by the browser's own buttons. */
export const route: Signal<Route> = signal(parseHash(location.hash));

addEventListener("hashchange", () => {
  takeToken();
  route.value = parseHash(location.hash);
});

/** Goes there. `replace`: the back button does not come back to where this was, for changes such as a letter typed into a filter. */
export function go(change: RouteChange, how: "push" | "replace" = "push"): void {
  const next = changed(route.peek(), change);
  const hash = printHash(next);
  if (hash === printHash(route.peek())) return;
  history[how === "push" ? "pushState" : "replaceState"](null, "", hash);
  route.value = next;
}

/** The address of {@link go}, for links. */
export function href(change: RouteChange): string {
  return printHash(changed(route.value, change));
}

/** What the page keeps of its own in the address. Null takes a name out. */
export function goQuery(change: Readonly<Record<string, string | null>>, how: "push" | "replace" = "replace"): void {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...route.peek().query, ...change })) {
    if (value !== null && value !== "") query[name] = value;
  }
  go({ query }, how);
}
