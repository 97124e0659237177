import { hintOfName } from "../../personal/columnNames.ts";
import type { PersonalKind } from "../../personal/kinds.ts";
import { kind } from "../fields/kinds.ts";

const scopeKinds: Partial<Record<PersonalKind, number>> = {
  name: kind.name,
  kana: kind.kana,
  "roman-name": kind["roman-name"],
  "birth-date": kind["birth-date"],
  sex: kind.sex,
  email: kind.email,
  phone: kind.phone,
  "postal-code": kind["postal-code"],
  address: kind.address,
  passport: kind.passport,
  "my-number": kind["my-number"],
  "payment-card": kind["payment-card"],
};

/** What a column's name says, or null. */
export function kindOfName(name: string): number | null {
  const plain = name.normalize("NFKC").toLowerCase();
  if (/^(?:customer|kokyaku|member|user)_?(?:id|no|code)$|^(?:顧客|会員)(?:id|番号|コード)$/.test(plain))
    return kind["customer-id"];
  if (/passport.*(?:issue|発行)|旅券発行/.test(plain)) return kind["passport-issued"];
  if (/passport.*(?:expir|valid|有効)|旅券有効/.test(plain)) return kind["passport-expires"];
  const hint = hintOfName(name);
  return hint === null ? null : (scopeKinds[hint.kind] ?? null);
}
