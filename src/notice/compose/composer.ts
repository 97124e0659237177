import { sayItems, type NoticeLanguage } from "../items.ts";
import { mailboxOf, type ListedPerson, type Profile } from "../list/person.ts";
import type { CampaignKeys } from "../store/campaignKeys.ts";
import { fillText, type CompiledText, type Personal } from "../texts/placeholders.ts";
import { compileOf, type TextBody } from "../texts/textFolder.ts";
import { hashBody, signDkim, type DkimKey, type Field } from "./dkim.ts";
import {
  chooseEncoding,
  encodeBase64,
  encodeHeaderText,
  encodeQuotedPrintable,
  printMailDate,
  type Encoding,
} from "./mime.ts";
import { returnAddress } from "./returnPath.ts";

/** One notice ready to be handed over. */
export type Composed = {
  /** The return address for MAIL FROM. */
  from: string;
  /** The recipient for RCPT TO. */
  to: string;
  domain: string;
  /** The exact bytes, before dots are doubled. ASCII. */
  message: string;
};

export type Addressee = {
  number: number;
  step: 1 | 2;
  person: ListedPerson;
  profile: Profile;
  language: NoticeLanguage;
};

type Prepared = { text: CompiledText; encoding: Encoding };

/**
 * Makes notices from a version of the texts. The same addressee at the same second gives the same bytes,
 * always: so a proof needs to keep only their hash.
 */
export class Composer {
  readonly #campaign: { id: number; keys: CampaignKeys };
  readonly #body: TextBody;
  readonly #keys: readonly DkimKey[];
  readonly #zone: string;
  readonly #sender: string;
  readonly #from: string;
  readonly #prepared = new Map<string, Prepared>();

  constructor(options: {
    campaign: { id: number; keys: CampaignKeys };
    body: TextBody;
    dkim: readonly DkimKey[];
    timeZone: string;
  }) {
    this.#campaign = options.campaign;
    this.#body = options.body;
    this.#keys = options.dkim;
    this.#zone = options.timeZone;
    const [sender] = options.body.senders;
    if (sender === undefined) throw new TypeError("a version of texts without a sender");
    this.#sender = sender.address;
    const name = /^[A-Za-z0-9 ]+$/.test(sender.name)
      ? sender.name
      : /^[\x20-\x7e]+$/.test(sender.name)
        ? `"${sender.name.replace(/["\\]/g, "\\$&")}"`
        : encodeHeaderText(sender.name, "From: ".length);
    const address = `<${sender.address}>`;
    const lastLine = name.slice(name.lastIndexOf("\n") + 1);
    const fold = lastLine.length + address.length + 7 > 78 ? "\r\n " : " ";
    this.#from = `${name}${fold}${address}`;
  }

  /** Null where no mail can be addressed: the list's address is none. `second` is Unix time. */
  async compose(addressee: Addressee, second: number): Promise<Composed | null> {
    const { number, step, person } = addressee;
    const mailbox = mailboxOf(person.emails[step - 1] ?? "");
    if (mailbox === null) return null;
    const { id, keys } = this.#campaign;
    const { subject, body, encoding } = this.text(addressee);
    const encoded =
      encoding === "base64" ? encodeBase64(Buffer.from(crlfOf(body))) : encodeQuotedPrintable(body);
    const domain = this.#sender.slice(this.#sender.lastIndexOf("@") + 1);
    const at = Temporal.Instant.fromEpochMilliseconds(second * 1_000);
    // No List-Unsubscribe: nobody can take herself off what the law orders to be told. No Precedence: some
    // servers do not answer "bulk" with a bounce. RFC 3834 5: Auto-Submitted keeps absence notes away.
    const fields: Field[] = [
      ["From", this.#from],
      ["To", mailbox.mailbox],
      ["Subject", encodeHeaderText(subject, "Subject: ".length)],
      ["Date", printMailDate(at, this.#zone)],
      [
        "Message-ID",
        `<${id.toString(36)}.${number.toString(36)}.${keys.markOf(`message ${number}`, 10)}@${domain}>`,
      ],
      ["Reply-To", this.#sender],
      ["MIME-Version", "1.0"],
      ["Content-Type", "text/plain; charset=utf-8"],
      ["Content-Transfer-Encoding", encoding],
      ["Auto-Submitted", "auto-generated"],
    ];
    const bodyHash = hashBody(encoded);
    let head = "";
    for (const key of this.#keys) head += await signDkim(fields, bodyHash, { key, second });
    for (const [name, value] of fields) head += `${name}: ${value}\r\n`;
    return {
      from: returnAddress({ campaign: id, number, step }, keys, this.#body.bounceDomain),
      to: mailbox.mailbox,
      domain: mailbox.domain,
      message: `${head}\r\n${encoded}`,
    };
  }

  /** Subject and body as a reader sees them. */
  text(addressee: Addressee): { subject: string; body: string; encoding: Encoding } {
    const { person, language } = addressee;
    const { text, encoding } = this.#prepare(addressee);
    const personal: Record<Personal, string> = {
      name: person.name,
      items: sayItems(person.items, language),
      partner: person.partner,
      reference: this.referenceOf(addressee.number),
    };
    return { subject: fillText(text.subject, personal), body: fillText(text.body, personal), encoding };
  }

  /** What a person tells the hotline: her number and four letters against mistyping. */
  referenceOf(number: number): string {
    return `${number}-${this.#campaign.keys.markOf(`reference ${number}`, 4).toUpperCase()}`;
  }

  #prepare({ profile, language }: Addressee): Prepared {
    const key = `${profile} ${language}`;
    const known = this.#prepared.get(key);
    if (known !== undefined) return known;
    const text = compileOf(this.#body, { profile, language });
    const sample = text.body.filter((part) => typeof part === "string").join("");
    const made = { text, encoding: chooseEncoding(sample) };
    this.#prepared.set(key, made);
    return made;
  }
}

const crlfOf = (text: string): string => text.replaceAll("\n", "\r\n");
