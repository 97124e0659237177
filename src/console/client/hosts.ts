/** Whether a text is an address, which has a page of its own. */
export function isAddress(text: string): boolean {
  return /^(\d{1,3}\.){3}\d{1,3}$/.test(text) || /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text);
}

/** A destination without its port: "bad.example:443" is "bad.example", "2001:db8::1" stays. */
export function withoutPort(destination: string): string {
  const bracketed = /^\[([^\]]+)\](:\d+)?$/.exec(destination)?.[1];
  if (bracketed !== undefined) return bracketed;
  return isAddress(destination) ? destination : destination.replace(/:\d+$/, "");
}
