import { api, read } from "./api.ts";

type Simple = { kind: "email" | "phone" | "customer"; value: string };
export type HotlineCall = {
  proofs: (Simple | { kind: "name-birth"; name: string; birth: string })[];
  note: string;
};

/** Asked for once, for one caller: each look-up is an entry in the ledger. */
export function askHotline(json: HotlineCall) {
  return read(api.hotline.ask.$post({ json }));
}
