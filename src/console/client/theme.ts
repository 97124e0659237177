import { useSyncExternalStore } from "react";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "sekisho-theme";
const listeners = new Set<() => void>();
let theme: Theme = THEMES.find((name) => name === localStorage.getItem(KEY)) ?? "system";
show();

function show(): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

export function setTheme(next: Theme): void {
  theme = next;
  localStorage.setItem(KEY, next);
  show();
  for (const listener of listeners) listener();
}

/** The chosen theme; what is drawn on a canvas depends on it and must be drawn again. */
export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      const system = matchMedia("(prefers-color-scheme: dark)");
      system.addEventListener("change", listener);
      return () => {
        listeners.delete(listener);
        system.removeEventListener("change", listener);
      };
    },
    () => theme,
  );
}
