import { useEffect } from "react";

export type Hotkeys = Record<string, () => void>;

let pending: { key: string; until: number } | null = null;
const SEQUENCE_MS = 1200;

/**
 * Keys that work on the whole page: "j", "?", or a sequence such as "g m". They rest while somebody types
 * or a dialog is open.
 */
export function useHotkeys(keys: Hotkeys): void {
  useEffect(() => {
    function listen(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector("[role=dialog], [role=alertdialog]") !== null)
        return;
      const sequence = pending !== null && pending.until > Date.now() ? `${pending.key} ${event.key}` : null;
      const act = (sequence === null ? undefined : keys[sequence]) ?? keys[event.key];
      if (event.key === "g" && sequence === null) pending = { key: "g", until: Date.now() + SEQUENCE_MS };
      if (act === undefined || (sequence !== null && keys[sequence] === undefined && event.key !== "Escape"))
        return;
      event.preventDefault();
      act();
      if (sequence !== null) pending = null;
    }
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(target.type);
}
