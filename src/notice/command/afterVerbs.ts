import { SekishoError } from "../../lib/error.ts";
import { DOUBT_RULES, listDoubt, resolveDoubt, type DoubtRule, type Doubtful } from "../doubt.ts";
import { provePerson, type PersonProof, type ProvenMail } from "../proof.ts";
import { statusOfCampaign, type CampaignStatus } from "../status.ts";
import { openKeys } from "../texts/version.ts";
import {
  campaignOf,
  isGiven,
  listIn,
  needText,
  print,
  printTable,
  textIn,
  type NoticeVerb,
} from "./place.ts";

export const statusVerb: NoticeVerb = {
  summary: "where everyone's notice is",
  help: `sekisho notice status

Persons by state and channel (1, 2: first and second address; 3: letter; 4: substitute notice), groups,
releases, refusals by domain, bounces by kind.
`,
  options: {},
  writes: false,
  async run(place, given) {
    const status = await statusOfCampaign(place.room, await campaignOf(place, given));
    print(given, status, () => textOfStatus(status));
    return 0;
  },
};

function textOfStatus(status: CampaignStatus): string {
  const { campaign, state, list, persons, states, groups, releases, refusals, bounces, later } = status;
  const named = releases.map(
    ({ person, authenticated }) => `${person}${authenticated ? "" : " (not proven)"}`,
  );
  return [
    `${campaign}: ${state}; list ${list}, ${persons} persons; released by ${named.join(", ") || "nobody"}\n`,
    printTable(Object.entries(states).map(([name, count]) => [name, count])),
    later === 0 ? "" : `${later} are tried again, from ${status.nextAt ?? ""}\n`,
    "\ngroups\n",
    printTable(groups.map(({ group, persons: count }) => [group, count])),
    refusals.length === 0 ? "" : "\nrefusals\n",
    printTable(refusals.map(({ domain, status: code, count }) => [domain, code, count])),
    Object.keys(bounces).length === 0 ? "" : "\nbounces\n",
    printTable(Object.entries(bounces).map(([kind, count]) => [kind, count])),
  ].join("");
}

const rulesText = DOUBT_RULES.join("|");

export const doubtVerb: NoticeVerb = {
  summary: "notices that were sent and never answered",
  help: `sekisho notice doubt                    who is in doubt, and why (--json: a line each)
sekisho notice doubt --resolve RULE --as NAME --reason TEXT [--person PERSON_ID]…

Everything was sent and no answer came: it may have arrived. Nothing is sent again by itself. A named person
chooses a rule, for all or for some:
  count-as-sent   it is taken as sent
  send-again      once more to the same address, which may arrive twice
  letter          a letter, or the substitute notice where there is no address
`,
  options: {
    resolve: { type: "string" },
    as: { type: "string" },
    reason: { type: "string" },
    person: { type: "string", multiple: true },
  },
  writes: true,
  async run(place, given) {
    const campaign = await campaignOf(place, given);
    const rule = textIn(given, "resolve");
    if (rule === undefined) {
      let count = 0;
      for await (const one of listDoubt(place.room, campaign)) {
        count += 1;
        process.stdout.write(isGiven(given, "json") ? `${JSON.stringify(one)}\n` : lineOfDoubt(one));
      }
      return count === 0 ? 0 : 10;
    }
    if (!(DOUBT_RULES as readonly string[]).includes(rule)) {
      throw new SekishoError("usage", `Cannot resolve doubt by "${rule}"`, { hint: `one of ${rulesText}` });
    }
    const persons = listIn(given, "person");
    const resolved = await resolveDoubt(place.room, campaign, {
      rule: rule as DoubtRule,
      by: needText(given, "as", 'say who chooses: --as "Hanako Sato"'),
      reason: needText(given, "reason", 'say why: --reason "…"'),
      persons: persons.length === 0 ? null : persons,
    });
    print(given, { rule, resolved }, () => `${resolved} notices: ${rule}\n`);
    return 0;
  },
};

const lineOfDoubt = ({ person, step, at, why }: Doubtful): string =>
  `${person}  address ${step}  ${at.toISOString()}  ${why}\n`;

export const proofVerb: NoticeVerb = {
  summary: "what a person was sent, walked back to the release",
  help: `sekisho notice proof PERSON_ID

Each mail of a person: the hash of its exact bytes, the server's answer, the ledger entry that holds both,
the release that it rests on, the version of the texts. The bytes are made anew and hashed. The look is
recorded. 0 everything holds, 10 something does not, or nothing was sent.
`,
  options: {},
  writes: true,
  async run(place, given) {
    const [person] = given.words;
    if (person === undefined) {
      throw new SekishoError("usage", "Cannot prove without a person_id", {
        hint: "try: sekisho notice proof --help",
      });
    }
    const campaign = await campaignOf(place, given);
    const { room, settings, timeZone } = place;
    const dkim = await openKeys(room, settings);
    const proof = await provePerson(room, campaign, { person, dkim, timeZone });
    await room.record({
      kind: "observed",
      code: "notice-person-looked-at",
      about: { campaign: campaign.name, what: "proof" },
    });
    print(given, proof, () => textOfProof(proof));
    return proof.mails.length > 0 && proof.mails.every(holds) ? 0 : 10;
  },
};

const holds = ({ inLedger, madeAnew, releases }: ProvenMail): boolean =>
  inLedger && madeAnew === true && releases.length >= 2;

function textOfProof({ person, state, step, profile, language, mails }: PersonProof): string {
  const lines = mails.map((mail) => {
    const anew = mail.madeAnew === null ? "cannot be made anew: a key is gone" : mail.madeAnew ? "yes" : "NO";
    return [
      `\naddress ${mail.step}: ${mail.outcome}`,
      `  made         ${mail.at.toString()}, answered ${mail.heard?.toString() ?? "unknown"}`,
      `  answer       ${mail.answer}`,
      `  SHA-256      ${mail.hash}`,
      `  made anew    ${anew}`,
      `  ledger       entry ${mail.entry.place ?? "not written yet"} ${mail.entry.id}`,
      `  agrees       ${mail.inLedger ? "yes" : "NO"}`,
      `  texts        ${mail.textVersion}`,
      ...mail.releases.map(
        (one) =>
          `  released by  ${one.person}${one.authenticated ? "" : " (name not proven)"}, ` +
          `${one.at.toISOString()}, entry ${one.entry}`,
      ),
      "",
    ].join("\n");
  });
  return `${person}: ${state} ${step}, ${profile}.${language}\n${lines.join("")}`;
}
