import { domainToASCII } from "node:url";
import { printCanonicalJson, type Json } from "../../lib/canonicalJson.ts";
import type { Item } from "../items.ts";
import type { CampaignKeys, KeyKind } from "../store/campaignKeys.ts";

/** One affected person, as a list gives her. What is personal here is sealed in the store. */
export type ListedPerson = {
  /** Names the person in lists and in the ledger: a number of the scope, a customer number, no name. */
  id: string;
  name: string;
  /** Languages she reads, BCP 47, the best first. */
  languages: readonly string[];
  /** Mail addresses, the best first. */
  emails: readonly string[];
  postalCode: string;
  address: string;
  phones: readonly string[];
  customers: readonly string[];
  /** Day of birth, 1985-03-02, or "". */
  birth: string;
  /** What leaked of this person. */
  items: readonly Item[];
  /** Through which partner she became a customer, or "". */
  partner: string;
  validPassport: boolean;
  minor: boolean;
  /** Why nothing is sent, or "". */
  withheld: "" | "deceased" | "withdrawn";
};

/** The one form in which a person is sealed and compared. */
export function printPerson(person: ListedPerson): string {
  return printCanonicalJson(person as unknown as Json);
}

export function readPerson(text: string): ListedPerson {
  return JSON.parse(text) as ListedPerson;
}

/** The groups of texts: what a person's text depends on besides her language. */
export const PROFILES = [
  "standard",
  "passport",
  "minor",
  "minor-passport",
  "partner",
  "partner-passport",
  "partner-minor",
  "partner-minor-passport",
] as const;
export type Profile = (typeof PROFILES)[number];

export function profileOf(person: ListedPerson): Profile {
  const parts = [
    ...(person.partner === "" ? [] : ["partner"]),
    ...(person.minor ? ["minor"] : []),
    ...(person.validPassport ? ["passport"] : []),
  ];
  return parts.length === 0 ? "standard" : (parts.join("-") as Profile);
}

/** By what the hotline finds this person, each kind and value once. */
export function keysOf(person: ListedPerson, keys: CampaignKeys): string[] {
  const found = new Set<string>();
  const add = (kind: KeyKind, value: string): void => {
    if (value !== "") found.add(keys.indexOf(kind, value));
  };
  for (const email of person.emails) add("email", foldEmail(email));
  for (const phone of person.phones) add("phone", foldPhone(phone));
  for (const customer of person.customers) add("customer", foldCustomer(customer));
  if (person.birth !== "") add("name-birth", foldNameAndBirth(person.name, person.birth));
  return [...found];
}

/** The forms in which values are compared: a caller spells them in her own way. */
export function foldEmail(text: string): string {
  return text.normalize("NFKC").trim().toLowerCase();
}

export function foldPhone(text: string): string {
  const digits = text.normalize("NFKC").replace(/[^\d+]/g, "");
  return digits.replace(/^\+81\(?0?\)?/, "0").replace(/^\+/, "00");
}

export function foldCustomer(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\s-]+/g, "")
    .toUpperCase();
}

export function foldNameAndBirth(name: string, birth: string): string {
  return `${name
    .normalize("NFKC")
    .replace(/[\s・.,-]+/gu, "")
    .toUpperCase()} ${birth}`;
}

/**
 * A mail address as it stands in SMTP and in a header, or null where none can be made of it. Addresses that
 * Japanese carriers gave out before 2009 have dots at the end or two in a row: they break RFC 5321 4.1.2
 * unless their local part is quoted, and so quoted they arrive.
 */
export function mailboxOf(text: string): { mailbox: string; domain: string } | null {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf("@");
  if (at < 1 || at > 64 || trimmed.length > 254) return null;
  const domain = domainToASCII(trimmed.slice(at + 1)).toLowerCase();
  if (!/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/.test(domain)) return null;
  const local = trimmed.slice(0, at);
  if (/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/.test(local))
    return { mailbox: `${local}@${domain}`, domain };
  if (!/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+$/.test(local)) return null;
  return { mailbox: `"${local}"@${domain}`, domain };
}
