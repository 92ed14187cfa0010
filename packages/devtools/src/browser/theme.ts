import { signal, type Signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const key = "espalier-theme";

/** How the page looks; `system` follows the operating system. It is kept for the next time. */
export const theme: Signal<Theme> = signal(kept());
show(theme.value);

export function setTheme(next: Theme): void {
  theme.value = next;
  localStorage.setItem(key, next);
  show(next);
}

function kept(): Theme {
  const text = localStorage.getItem(key);
  return text === "light" || text === "dark" ? text : "system";
}

function show(next: Theme): void {
  document.documentElement.dataset["theme"] = next;
}
