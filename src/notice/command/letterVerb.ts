import { SekishoError } from "../../lib/error.ts";
import { Composer } from "../compose/composer.ts";
import { makeLetters } from "../letter/makeLetters.ts";
import { getVersion, openKeys } from "../texts/version.ts";
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

export const lettersVerb: NoticeVerb = {
  summary: "letters for whom no mail reached, and the list for the substitute notice",
  help: `sekisho notice letters --out DIR [--per 500] [--from LINE]… [--simplex]

PDF files sorted by postal code, the address where the window of an envelope is (長形3号 and DIN alike), a
manifest with file, page and reference of each letter, SHA256SUMS, and substitute.csv with the persons who
have no channel left. The text is the released one. Persons are marked when everything is on the disk.

  --per N       letters a file (default 500)
  --from LINE   a line of the sender's address; several
  --simplex     one side only; else each letter begins on a sheet of its own
`,
  options: {
    out: { type: "string" },
    per: { type: "string" },
    from: { type: "string", multiple: true },
    simplex: { type: "boolean" },
  },
  writes: true,
  async run({ room, settings, timeZone }, given) {
    const out = needText(given, "out", "say where: --out DIR, on an encrypted disk");
    const campaign = await campaignOf({ room, settings, timeZone, textsFolder: "" }, given);
    if (campaign.textVersion === null || campaign.releaseEntry === null) {
      throw new SekishoError("not-permitted", "Cannot write letters: two people have to release first", {
        hint: "run: sekisho notice release --as NAME, twice, by two people",
      });
    }
    const body = await getVersion(room, campaign, campaign.textVersion);
    const composer = new Composer({ campaign, body, dkim: await openKeys(room, settings), timeZone });
    const made = await makeLetters(room, campaign, {
      ...{ out, composer, timeZone, duplex: !isGiven(given, "simplex") },
      perFile: Number(textIn(given, "per") ?? 500),
      sender: listIn(given, "from"),
    });
    print(given, made, () => {
      const table = printTable(
        made.files.map(({ name, letters, pages, sha256 }) => [name, letters, pages, sha256]),
      );
      const counted = `${made.letters} letters, ${made.substitutes} for the substitute notice`;
      return `${table}${counted}\n${made.manifest}\n`;
    });
    return 0;
  },
};
