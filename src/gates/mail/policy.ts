import { z } from "zod";
import { MAIL_REASONS } from "./reasons.ts";

const ReasonCode = z.enum(MAIL_REASONS);

/** A decision taken beforehand by a named person, which the gate carries out at once. */
export const StandingOrder = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,63}$/)
    .describe("Name of the order; it stands in the ledger beside every act that it caused."),
  decidedBy: z.string().min(1).max(200).describe("The person who took this decision."),
  because: z.string().min(1).max(500).describe("Why it was taken, for whoever has to answer for it later."),
  anyOf: z.array(ReasonCode).default([]).describe("At least one of these reasons must be there."),
  allOf: z.array(ReasonCode).default([]).describe("All of these reasons must be there."),
  noneOf: z.array(ReasonCode).default([]).describe("None of these reasons may be there."),
  do: z.enum(["hold", "refuse", "strip", "pass"]).describe("What the gate does."),
  secondPerson: z
    .boolean()
    .default(false)
    .describe("Whether letting a held message through needs a second person."),
});
export type StandingOrder = z.infer<typeof StandingOrder>;

export const Partner = z.strictObject({
  domain: z.hostname().describe("The partner's mail domain."),
  names: z
    .array(z.string().min(2).max(100))
    .default([])
    .describe("Names under which the partner is known, as they stand in a display name."),
  lookAlikesAllowed: z
    .array(z.hostname())
    .default([])
    .describe("Other genuine domains that resemble it, such as those of group companies."),
});
export type Partner = z.infer<typeof Partner>;

const byDefault: Pick<StandingOrder, "decidedBy" | "anyOf" | "allOf" | "noneOf" | "secondPerson"> = {
  decidedBy: "the default of Sekisho",
  anyOf: [],
  allOf: [],
  noneOf: [],
  secondPerson: false,
};

/** The orders of a house that has not yet decided otherwise. The first that matches is carried out. */
export const defaultOrders: StandingOrder[] = [
  {
    ...byDefault,
    name: "canaries",
    because: "Nobody has work with customers who do not exist: two persons look at who writes of them.",
    anyOf: ["canary-addressed", "canary-in-mail"],
    do: "hold",
    secondPerson: true,
  },
  {
    ...byDefault,
    name: "programs",
    because: "In 2016 a program dressed as a folder was opened. A program by mail needs two persons.",
    anyOf: [
      "executable-content",
      "executable-in-archive",
      "executable-name",
      "document-icon",
      "program-after-junk",
      "side-loading-set",
      "self-extracting",
      "active-file",
      "shortcut-file",
      "disk-image",
      "auto-macro",
      "old-macro",
      "pdf-launch",
      "page-smuggling",
      "picture-script",
    ],
    do: "hold",
    secondPerson: true,
  },
  {
    ...byDefault,
    name: "disguises",
    because: "Nobody hides the kind of a file, or who sends it, by accident.",
    anyOf: [
      "kind-disguised",
      "double-extension",
      "padded-name",
      "reversed-name",
      "confusable-extension",
      "names-disagree",
      "archive-two-faced",
      "look-alike-domain",
      "name-holds-own-domain",
      "name-holds-partner",
      "own-domain-forged",
      "several-senders",
      "smuggling-shape",
      "partial-message",
      "forged-verdict",
    ],
    do: "hold",
  },
  {
    ...byDefault,
    name: "active-documents",
    because: "A document that fetches or starts something needs a look by a person.",
    anyOf: ["external-template", "data-exchange-field", "page-form", "remote-share"],
    do: "hold",
  },
  {
    ...byDefault,
    name: "unread",
    because: "What nobody could look into is not known to be safe.",
    anyOf: [
      "archive-bomb",
      "deep-nesting",
      "encrypted-names",
      "reading-failed",
      "readings-disagree",
      "unknown-content",
      "unread-content",
      "split-archive",
    ],
    noneOf: ["known-correspondent"],
    do: "hold",
  },
  {
    ...byDefault,
    name: "macros-from-strangers",
    because: "Order forms with macros come from partners; from others a person looks first.",
    anyOf: ["macro-container"],
    noneOf: ["known-correspondent"],
    do: "hold",
  },
  {
    ...byDefault,
    name: "locked-archives-from-strangers",
    because: "Encrypted archives are customary between partners; from a stranger nobody can check them.",
    allOf: ["encrypted-archive", "first-contact"],
    do: "hold",
  },
  {
    ...byDefault,
    name: "strangers-at-a-partner",
    because: "The mail of 2016 came from a partner's exact domain and from nobody there.",
    allOf: ["unseen-at-partner"],
    anyOf: ["dmarc-fail", "spf-fail", "unauthenticated"],
    do: "hold",
  },
];

/** What a site decides about mail. How reasons are found is not in here, only what is done about them. */
export const MailPolicy = z.strictObject({
  ownDomains: z.array(z.hostname()).default([]).describe("The mail domains of this organisation."),
  ownNames: z
    .array(z.string().min(2).max(100))
    .default([])
    .describe("Names of this organisation, as an impostor would put them into a display name."),
  partners: z.array(Partner).default([]).describe("The register of partners."),
  orders: z
    .array(StandingOrder)
    .default(defaultOrders)
    .describe("Standing orders; the first that matches is carried out. A message that matches none passes."),
  onFailure: z
    .enum(["hold", "pass"])
    .default("hold")
    .describe("What happens to a message when reading or judging it fails or is late."),
  shadow: z
    .boolean()
    .default(false)
    .describe("Record everything and change nothing, as when a gate is first put in place."),
  refusal: z
    .string()
    .max(200)
    .regex(/^[\x20-\x7e]+$/)
    .default("5.7.1 Message refused by policy")
    .describe("What the sending server is told about a refused message. Holds no personal data."),
  knownAfter: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe("After how many messages a sender counts as a correspondent."),
  iconDistanceMax: z
    .int()
    .min(0)
    .max(32)
    .default(12)
    .describe(
      "How far (0 to 64) the icon of a program may differ from a document's and still count as its copy.",
    ),
  nestingMax: z
    .int()
    .min(1)
    .max(16)
    .default(3)
    .describe("Archives within archives, after which it is a reason."),
});
export type MailPolicy = z.infer<typeof MailPolicy>;
