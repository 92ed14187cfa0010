import { signal, type Signal } from "@preact/signals";

const key = "espalier-token";

/** What lets the page ask, from the link that opened it. It is kept for this tab alone; null: there is none. */
export const token: Signal<string | null> = signal(sessionStorage.getItem(key));
takeToken();

/** Takes the token out of the address, so that it is not in the history and not on the screen. */
export function takeToken(): void {
  const found = /(^#|[#?&])t=([^&]*)&?/.exec(location.hash);
  if (found === null) return;
  const [all, mark = "", value = ""] = found;
  const rest = location.hash.replace(all, mark).replace(/[?&#]$/, "");
  history.replaceState(null, "", rest === "" ? location.pathname : rest);
  if (value === "") return;
  sessionStorage.setItem(key, value);
  token.value = value;
}

/** It is not good any more. */
export function dropToken(): void {
  sessionStorage.removeItem(key);
  token.value = null;
}
