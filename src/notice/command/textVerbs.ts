import { existsSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { SekishoError } from "../../lib/error.ts";
import { languageOf } from "../../lib/language.ts";
import { Composer } from "../compose/composer.ts";
import { recordOf } from "../compose/dkim.ts";
import { LANGUAGES, type NoticeLanguage } from "../items.ts";
import { PROFILES, readPerson, type ListedPerson, type Profile } from "../list/person.ts";
import { releaseCampaign } from "../release.ts";
import { samplePerson } from "../send/seeds.ts";
import { sealContext, type Campaign } from "../store/campaign.ts";
import { nameOfText } from "../texts/defaultTexts.ts";
import type { TextProblem } from "../texts/lint.ts";
import { initTexts } from "../texts/textFolder.ts";
import { countGroups, makeVersion, openKeys } from "../texts/version.ts";
import {
  campaignOf,
  isGiven,
  needText,
  print,
  printTable,
  textIn,
  type Given,
  type NoticePlace,
  type NoticeVerb,
} from "./place.ts";

export const textsVerb: NoticeVerb = {
  summary: "the groups of a campaign and their texts; --init writes texts to start from",
  help: `sekisho notice texts [--init] [--all]

Lists the groups of the campaign with the file of each text, GROUP.LANGUAGE.txt in notice.texts:
"Subject: …", a blank line, and the text. What all texts say of the matter stands in values.yaml.

  --init   writes shipped texts where there are none yet, and values.yaml to fill in
  --all    for every group and language, not only those that the campaign has
`,
  options: { init: { type: "boolean" }, all: { type: "boolean" } },
  writes: false,
  async run(place, given) {
    const all = isGiven(given, "all");
    const groups = all ? null : await countGroups(place.room, await campaignOf(place, given));
    const languages = groups === null ? LANGUAGES : [...new Set(groups.map(({ language }) => language))];
    const folder = place.textsFolder;
    const written = isGiven(given, "init") ? initTexts(folder, groups, languages) : [];
    const wanted =
      groups ??
      PROFILES.flatMap((profile) => LANGUAGES.map((language) => ({ profile, language, persons: 0 })));
    const rows = wanted.map(({ profile, language, persons }) => {
      const file = nameOfText(profile, language);
      return { file, persons, written: existsSync(join(folder, file)) };
    });
    print(given, { folder, texts: rows, madeNow: written }, () => {
      const lines = rows.map((row) => [row.file, row.persons, row.written ? "" : "missing"]);
      return `${folder}\n${printTable(lines)}${written.map((name) => `wrote ${name}\n`).join("")}`;
    });
    return rows.every((row) => row.written) ? 0 : 10;
  },
};

export const lintVerb: NoticeVerb = {
  summary: "hold the texts against the rules",
  help: `sekisho notice lint [--lang ja|en]

Every rule that a text breaks, with file, line and mend: links, attachments, items that the law asks for,
hotline, what is never asked, senders, language, placeholders, values of data. 0 none, 10 some.
`,
  options: {},
  writes: false,
  async run(place, given) {
    const { settings, textsFolder: folder, room } = place;
    const dkim = await openKeys(room, settings);
    const version = await makeVersion(room, await campaignOf(place, given), { settings, folder, dkim });
    print(given, { version: version.version, problems: version.problems }, () =>
      version.problems.length === 0
        ? `no rule is broken; version ${version.version.slice(0, 16)}\n`
        : version.problems.map((problem) => lineOfProblem(problem, given)).join(""),
    );
    return version.problems.length === 0 ? 0 : 10;
  },
};

function lineOfProblem({ file, line, rule, problem, mend }: TextProblem, given: Given): string {
  const language = languageOf(textIn(given, "lang"));
  const at = line === 0 ? file : `${file}:${line}`;
  return `${at}: ${problem[language]} (${rule})\n    ${mend[language]}\n`;
}

export const previewVerb: NoticeVerb = {
  summary: "a notice as its reader gets it",
  help: `sekisho notice preview GROUP.LANGUAGE [--raw]       with a person who does not exist
sekisho notice preview --person PERSON_ID [--raw]   as this person gets it; the look is recorded

  --raw   the message itself, signed, as it goes over the wire
`,
  options: { person: { type: "string" }, raw: { type: "boolean" } },
  writes: true,
  async run(place, given) {
    const { settings, textsFolder: folder, room, timeZone } = place;
    const campaign = await campaignOf(place, given);
    const dkim = await openKeys(room, settings);
    const { body } = await makeVersion(room, campaign, { settings, folder, dkim });
    const composer = new Composer({ campaign, body, dkim, timeZone });
    const shown = await addresseeOf(place, campaign, given);
    const { subject, body: text } = composer.text({ ...shown, step: 1 });
    const second = Math.floor(room.now().epochMilliseconds / 1_000);
    const raw = isGiven(given, "raw") ? await composer.compose({ ...shown, step: 1 }, second) : null;
    print(given, { subject, text, raw: raw?.message ?? null }, () =>
      raw === null ? `Subject: ${subject}\n\n${text}` : raw.message.replaceAll("\r\n", "\n"),
    );
    return 0;
  },
};

type Shown = { number: number; person: ListedPerson; profile: Profile; language: NoticeLanguage };

async function addresseeOf(place: NoticePlace, campaign: Campaign, given: Given): Promise<Shown> {
  const id = textIn(given, "person");
  if (id === undefined) {
    const [profile, language] = groupNamed(given.words[0] ?? "standard.ja");
    const person = samplePerson("reader@example.jp", profile, language);
    return { number: 0, person, profile, language };
  }
  const { rows } = await sql<{
    number: number;
    sealed: Uint8Array;
    profile: Profile;
    language: NoticeLanguage;
  }>`select p.number, p.sealed, g.profile, g.language from notice_person p join notice_send s using (number)
    join notice_group g on g.campaign = s.campaign and g.number = s.grp
    where p.campaign = ${campaign.id} and p.person = ${id}`.execute(place.room.db);
  const [row] = rows;
  if (row === undefined) {
    throw new SekishoError("not-found", "Cannot preview: nobody in this campaign has that person_id", {
      hint: "give the person_id of the list, not a name",
    });
  }
  const about = { campaign: campaign.name, notice: String(row.number) };
  await place.room.record({ kind: "observed", code: "notice-person-looked-at", about });
  const { number, profile, language } = row;
  const person = readPerson(campaign.keys.open(row.sealed, sealContext(campaign, id)));
  return { number: Number(number), person, profile, language };
}

export function groupNamed(text: string): [Profile, NoticeLanguage] {
  const [profile, language] = text.replace(/\.txt$/, "").split(".");
  const known =
    (PROFILES as readonly string[]).includes(profile ?? "") &&
    (LANGUAGES as readonly string[]).includes(language ?? "");
  if (known) return [profile as Profile, language as NoticeLanguage];
  throw new SekishoError("usage", `Cannot find the group "${text}"`, {
    hint: `GROUP.LANGUAGE: ${PROFILES.join(", ")}; ${LANGUAGES.join(", ")}`,
  });
}

export const dnsVerb: NoticeVerb = {
  summary: "the DKIM records to publish",
  help: `sekisho notice dns

TXT records of the DKIM keys, which are made in keys/notice of the data folder at the first time.
Long texts are published in several strings of at most 255 characters.
`,
  options: {},
  writes: false,
  async run({ room, settings }, given) {
    const records = (await openKeys(room, settings)).map(recordOf);
    print(given, records, () => records.map(({ name, text }) => `${name}. IN TXT "${text}"\n`).join(""));
    return 0;
  },
};

export const releaseVerb: NoticeVerb = {
  summary: "release a campaign: two people, each by name",
  help: `sekisho notice release --as NAME

Two different people release the texts for the list before anything is sent. Another list, or another
letter in a text, needs both again. On the command line a name is a name: nothing proves it. The ledger says
so (authenticated: false); in the station each signs with a passkey.
`,
  options: { as: { type: "string" } },
  writes: true,
  async run(place, given) {
    const { settings, textsFolder: folder, room } = place;
    const by = needText(given, "as", 'say who releases: --as "Hanako Sato"');
    const campaign = await campaignOf(place, given);
    const dkim = await openKeys(room, settings);
    const version = await makeVersion(room, campaign, { settings, folder, dkim });
    const { releases, released } = await releaseCampaign(room, campaign, {
      ...{ version, by, authenticated: false },
    });
    const groups = version.groups.map(({ profile, language, persons, withheld }) => ({
      ...{ group: `${profile}.${language}`, persons, withheld },
    }));
    print(given, { version: version.version, released, releases, groups }, () => {
      const table = printTable(groups.map(({ group, persons, withheld }) => [group, persons, withheld]));
      const now = released
        ? "released by two: sekisho notice send\n"
        : "one of two: a second person looks at it and releases it\n";
      return `${table}texts ${version.version.slice(0, 16)}, list ${campaign.list}\n${now}`;
    });
    return 0;
  },
};
