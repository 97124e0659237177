import { halfWidthOf } from "../../src/personal/kana.ts";
import { Draw } from "./draw.ts";
import { hangulOf } from "./foreignNames.ts";
import { hasVariant, variantOf } from "./kanjiVariants.ts";
import { present, type Person, type Registration } from "./person.ts";
import { stream } from "./population.ts";
import { bookingOf, passportDates, two, type Values } from "./values.ts";
import { hyphened, joinName, writeAddress } from "./writings.ts";

export const CUSTOMER_COLUMNS = [
  "customer_id",
  "name_kanji",
  "name_kana",
  "name_roman",
  "sex",
  "birth_date",
  "email",
  "postal_code",
  "address",
  "phone",
  "passport_number",
  "passport_issued_on",
  "service",
  "site",
  "partner",
  "booked_on",
  "language",
] as const;

const languages = { japanese: "ja", chinese: "zh", korean: "ko", western: "en" } as const;
const anything = (): boolean => true;
const draw = new Draw();

/**
 * One row of the customer table, RFC 4180, without its line end. The table is as people typed it: mostly in
 * one form, some without blanks or hyphens, some in half-width kana, re-registrations with variant kanji.
 */
export function customerRow(
  { person, registration, id }: { person: Person; registration: Registration; id: string },
  values: Values,
): string {
  draw.reset(registration.salt, stream.customer, person.number);
  const has = registration.present;
  const surname = person.surnameOf(registration.surname);
  const gap = draw.next() < 0.6 ? " " : draw.chance(0.75) ? "\u3000" : "";
  const kanji = has & present.kanji ? kanjiOf(person, { values, surname, gap }) : "";
  let kana = has & present.kana ? joinName(values.kana(person, surname), gap) : "";
  if (draw.chance(0.08)) kana = halfWidthOf(kana);
  const roman = has & present.roman ? joinName(values.roman(person, surname), " ") : "";
  const sex = has & present.sex ? (person.female ? "女" : "男") : "";
  const birth = has & present.birth ? `${person.year}-${two(person.month)}-${two(person.day)}` : "";
  const email = has & present.email ? values.emailOf(person, registration.mail) : "";
  const phone = has & present.phone ? values.phoneOf(person, registration.phone) : "";
  const hyphens = draw.chance(0.7);
  let postal = "";
  let address = "";
  if (has & (present.address | present.postal)) {
    const home = person.homeOf(registration.home);
    const { postalCode } = values.town(home);
    if (has & present.postal)
      postal = draw.chance(0.8) ? `${postalCode.slice(0, 3)}-${postalCode.slice(3)}` : postalCode;
    if (has & present.address)
      address = writeAddress({ home, values, draw }, { prefecture: true, building: true }).text;
  }
  const passport = has & present.passport ? values.passport(person) : "";
  const issued = passport === "" ? "" : passportDates(registration).issued;
  const booking = bookingOf(registration);
  return (
    `${id},${kanji},${kana},${roman},${sex},${birth},${email},${postal},${address},` +
    `${phone !== "" && hyphens ? hyphened(phone) : phone},${passport},${issued},` +
    `${booking.service},${booking.site},${booking.partner},${booking.bookedOn},${languages[person.origin]}`
  );
}

function kanjiOf(
  person: Person,
  { values, surname, gap }: { values: Values; surname: number; gap: string },
): string {
  const variant = draw.next();
  const chosen = draw.next();
  if (person.origin !== "japanese") return foreignName(person, { values, gap, hangul: variant < 0.15 });
  const written = joinName(values.kanji(person, surname), gap);
  // Who has a variant writes it in one row of ten.
  return variant < 0.1 && hasVariant(written) ? variantOf(written, chosen, anything) : written;
}

/** A visitor's name in the field for kanji: kanji, Hangul, or what the passport says. */
export function foreignName(
  person: Person,
  { values, gap, hangul }: { values: Values; gap: string; hangul: boolean },
): string {
  if (person.origin === "western") return joinName(values.roman(person, person.surname), " ");
  const written = joinName(values.kanji(person, person.surname), gap);
  if (person.origin !== "korean" || !hangul) return written;
  return [...written].map((one) => hangulOf.get(one) ?? one).join("");
}
